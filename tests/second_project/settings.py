"""The minimal settings for mfa."""

from pathlib import Path

import django_stubs_ext

# mfa writes models.TextField[str, str], which Django itself does not take.
django_stubs_ext.monkeypatch()

HERE = Path(__file__).parent
BASE_DIR = HERE.parent.parent
SECRET_KEY = "tests only, as long and as dull as it has to be to please the checks"
SECRET_KEY_FALLBACKS: list[str] = []
ENCRYPTION_KEYS = ["dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24="]
DEBUG, DEMO, HTTPS = False, True, False
HOST, BASE_URL, ALLOWED_HOSTS = "testserver", "http://testserver", ["testserver"]
DEFAULT_FROM_EMAIL = "second@example.org"
TRUSTED_PROXIES: list[str] = []
VAPID_PRIVATE_KEY, VAPID_CONTACT = "", "https://example.org"
PUSH_TEST_ENDPOINTS: list[str] = []
USE_TZ = True

INSTALLED_APPS = [
    "tests.second_project",
    "mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]
ROOT_URLCONF = "tests.second_project.urls"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Its own base.html comes before the portal's.
        "DIRS": [HERE / "templates", BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
MIGRATION_MODULES = {"second_project": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_URL = "static/"

# What mfa reads
AUTH_USER_MODEL = "second_project.Person"
SESSION_ENGINE = "mfa.sessions"
LOGIN_URL, LOGIN_REDIRECT_URL = "sign_in", "desk"
MFA_ACCOUNT_URLS = {
    "step_up": "confirm",
    "forgot": "sign_in",
    "new_password": "sign_in",
    "details": "desk",
    "password": "sign_in",
    "logout": "sign_out",
    "not_me": "not_me",
    "support_person": "not_me",
}
MFA_CHANNELS = {
    "sms": {"BACKEND": "mfa.channels.outbox.OutboxChannel", "OPTIONS": {}},
    "email": {"BACKEND": "mfa.channels.email.EmailChannel", "OPTIONS": {}},
}
EMAIL_BACKEND = "mfa.channels.outbox.EmailBackend"
SMS_TEST_NUMBERS = ["+447700900"]
SMS_API_KEY = SMS_API_SECRET = SMS_PROXY_URL = SMS_MESSAGE_INTENT = ""
SMS_FEEDBACK = SMS_REDACT = False
CELERY_TASK_ALWAYS_EAGER = True
