"""A site of the product that PEERS_SITE names: its own defaults on a `startproject`."""

import os
from pathlib import Path
from urllib.parse import urlsplit

SITE = os.environ["PEERS_SITE"]
SECRET_KEY = "benchmarks only"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
STATIC_URL = "/static/"
SITE_ID = 1
LOGIN_REDIRECT_URL = "/home/"
ROOT_URLCONF = "benchmarks.peers.sites.urls"
# Trivial, because all products need the hash and the table leaves it out.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGGING = {"version": 1, "disable_existing_loggers": True}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
server = urlsplit(os.environ["DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": server.path.lstrip("/"),
        "USER": server.username or "",
        "PASSWORD": server.password or "",
        "HOST": server.hostname or "",
        "PORT": server.port or "",
        "CONN_MAX_AGE": 600,
    }
}

if SITE == "plain":
    LOGIN_URL = "/login/"
elif SITE == "allauth":
    INSTALLED_APPS += ["allauth", "allauth.account", "allauth.mfa"]
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
    AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
    LOGIN_URL = "account_login"
    # It texts a login code only to people without an email address.
    ACCOUNT_ADAPTER = "benchmarks.peers.sites.allauth_adapter.Adapter"
    ACCOUNT_USER_MODEL_EMAIL_FIELD = None
    ACCOUNT_EMAIL_VERIFICATION = "none"
    ACCOUNT_LOGIN_METHODS = {"phone"}
    ACCOUNT_SIGNUP_FIELDS = ["phone*", "password1*"]
    ACCOUNT_LOGIN_BY_CODE_REQUIRED = True
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
else:
    INSTALLED_APPS += [
        "django_otp",
        "django_otp.plugins.otp_static",
        "django_otp.plugins.otp_totp",
        "two_factor",
        "two_factor.plugins.phonenumber",
    ]
    after = MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware") + 1
    MIDDLEWARE.insert(after, "django_otp.middleware.OTPMiddleware")
    LOGIN_URL = "two_factor:login"
    TWO_FACTOR_SMS_GATEWAY = "benchmarks.peers.sites.outbox.Gateway"
