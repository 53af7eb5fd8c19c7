"""Another project, with the packages that PACKAGE names, and the database DATABASE."""

import os

from environ import Env

PACKAGE = os.environ["PACKAGE"]
SECRET_KEY = "tests only"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "tests.django_import.project.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": Env.db_url_config(os.environ["DATABASE"])}
# Django's own hasher, with few iterations because a thousand people have a password
PASSWORD_HASHERS = [
    "tests.django_import.project.hashers.Cheap",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
if PACKAGE == "allauth":
    INSTALLED_APPS += ["allauth", "allauth.account", "allauth.mfa"]
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
    MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
    # The portal of the tests has no certificate.
    MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
else:
    INSTALLED_APPS += [
        "django_otp",
        "django_otp.plugins.otp_static",
        "django_otp.plugins.otp_totp",
    ]
if PACKAGE == "two_factor":
    INSTALLED_APPS += ["two_factor", "two_factor.plugins.phonenumber"]
