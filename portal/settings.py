"""Django settings. Values that differ per server come from the environment or `.env`.

Durations are in seconds unless the name says otherwise. docs/settings.md lists every setting.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from portal import addresses, bodies, env as environment, senders, services

# Lets Django's classes be subscripted as in their type stubs.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.load(os.environ, BASE_DIR / ".env")
SETTINGS_FILE = env.file

# Keys and modes
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS", [])
ENCRYPTION_KEYS = env.items("ENCRYPTION_KEYS", None)
DEBUG = env.switch("DEBUG")
DEMO = env.switch("DEMO")

# Addresses. Links and the last line of texts use BASE_URL, never the request's host.
PORT = env.number("PORT", 8000, most=65_535)
BASE_URL = env.read("BASE_URL", addresses.origin, f"http://127.0.0.1:{PORT}")
HTTPS = BASE_URL.startswith("https://")
# As in the Host header: IPv6 in brackets
HOST = addresses.host_of(BASE_URL)
# Passkeys need a name in the address, and work at localhost.
HOSTS = [HOST, "localhost"] if addresses.is_loopback(HOST) else [HOST]
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", HOSTS, addresses.allowed)
TRUSTED_PROXIES = env.items("TRUSTED_PROXIES", [])
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# gunicorn.conf.py uses it too: how many web processes share the database and the cache
WEB_CONCURRENCY = env.number("WEB_CONCURRENCY", 1, most=256)
# The bearer token for /metrics. Without it, only this machine can read them.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

INSTALLED_APPS = [
    "portal.apps.PortalAdminConfig",
    "portal.apps.PortalConfig",
    "accounts",
    "mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    *(["portal.demo"] if DEMO else []),
]
MIDDLEWARE = [
    "portal.middleware.RequestIds",
    "portal.middleware.Forwarded",
    "portal.middleware.Probes",
    "django.middleware.security.SecurityMiddleware",
    "portal.middleware.SecurityHeaders",
    # Early, because a refused host is answered before later layers run
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.ContentPolicy",
    # Outside of everything that renders pages, inside of everything that only adds headers
    "portal.compression.Compression",
    "portal.bodies.Bodies",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.SessionLimits",
    "accounts.middleware.ExpiredPasswords",
    "accounts.middleware.TimeZones",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.middleware.Refusals",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
FORM_RENDERER = "portal.renderer.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.brand",
            ],
        },
    },
]

# Data: SQLite unless DATABASE_URL names PostgreSQL
SQLITE = services.sqlite(BASE_DIR / "db.sqlite3")
DATABASES = {"default": env.read("DATABASE_URL", services.database, SQLITE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.read("REDIS_URL", services.cache, "")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Tasks run in the request unless BROKER_URL names Redis or RabbitMQ.
BROKER_URL = env.read("BROKER_URL", services.broker, "")
CELERY_BROKER_URL = BROKER_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = not BROKER_URL
CELERY_TASK_EAGER_PROPAGATES = False
CELERY_TASK_IGNORE_RESULT = True
# `sms` has the texts, `bulk` invitations and reminders, `celery` the rest. `manage.py worker` names
# what it reads.
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {"celery": {}, "sms": {}, "bulk": {}}
# The sweep wakes every row again, so a page never waits for the broker.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 0,
    **(
        {"socket_timeout": 1, "socket_connect_timeout": 1} if BROKER_URL.startswith("redis") else {}
    ),
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "sweep-deliveries": {
        "task": "mfa.deliveries.sweep",
        "schedule": timedelta(seconds=5),
        # After an outage, a worker needs one sweep, not one for each 5 s.
        "options": {"expires": 5},
    },
    "sweep-pushes": {
        "task": "mfa.push.sweep",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "send-bulk": {
        "task": "mfa.deliveries.send_bulk",
        "schedule": timedelta(seconds=1),
        # A late one would exceed the rate.
        "options": {"queue": "bulk", "expires": 1},
    },
    "count-tallies": {
        "task": "mfa.tallies.count",
        "schedule": timedelta(seconds=15),
        "options": {"expires": 15},
    },
    "catch-up-notices": {
        "task": "mfa.notices.catch_up",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "remind-of-recoveries": {
        "task": "mfa.recoveries.remind",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "prune": {
        "task": "mfa.retention.clean",
        "schedule": timedelta(minutes=20),
        "options": {"expires": 20 * 60},
    },
    "catch-up-jobs": {
        "task": "mfa.jobs.catch_up",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "catch-up-imports": {
        "task": "accounts.csv_import.catch_up",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "probe-texts": {
        "task": "mfa.circuit.probe",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "tidy-imported-hashes": {
        "task": "accounts.imports.tidy",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 10 * 60},
    },
    "watch-attempts": {"task": "mfa.watching.look", "schedule": timedelta(minutes=10)},
    "watch-budget": {"task": "mfa.brakes.watch", "schedule": timedelta(minutes=5)},
}

# People and passwords
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.Backend"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
# The account pages that mfa links to, by URL name. Another project has its own.
MFA_ACCOUNT_URLS = {
    page: f"accounts:{page}"
    for page in (
        *("step_up", "forgot", "new_password", "details", "password", "logout", "not_me"),
        "support_person",
    )
}
# NIST SP 800-63B-4, 4.2.1.2, allows 24 hours for an emailed link. The design requires one hour.
PASSWORD_RESET_TIMEOUT = 60 * 60
PASSWORD_HASHERS = [
    "accounts.people.hashers.Argon2idHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# A function of the request that says whether it may register: a hook for a bot check
REGISTRATION_CHECK = env.text("REGISTRATION_CHECK", "")
PASSWORD_MIN_LENGTH = env.number("PASSWORD_MIN_LENGTH", 15, least=8, most=256)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": "accounts.people.validators.MaximumLengthValidator"},
    {"NAME": "accounts.people.validators.GuessingValidator"},
]

# Sessions and cookies
SESSION_ENGINE = "mfa.sessions"
# Before a login. A login's life is set by the policy. The cookie ends when the browser closes.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None
LANGUAGE_COOKIE_SECURE = HTTPS
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Browser rules
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
# A receipt by plain http is valid, because its signature covers BASE_URL, and a redirect would lose
# it. Probes come from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^hooks/", r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# portal.middleware.Forwarded removes the header unless a trusted proxy wrote it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# Mail. mfa.channels.email adds the portal's name to a sender without a name.
SENDER = env.text("DEFAULT_FROM_EMAIL", f"portal@{HOST}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL = senders.normal(SENDER)
MAIL: services.Config = env.read("EMAIL_URL", services.mail, {})
EMAIL_TIMEOUT = 10
# Invitations and reminders a second. Many mail servers refuse more.
BULK_MAIL_RATE = env.number("BULK_MAIL_RATE", 10, least=1, most=1000)
if MAIL:
    vars().update(MAIL)
elif DEMO:
    EMAIL_BACKEND = "mfa.channels.outbox.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# The channels. The demo keeps texts on the virtual phone.
SMS_PROXY_URL = env.read("SMS_PROXY_URL", addresses.proxy, "")
SMS_API_KEY = env.text("SMS_API_KEY", "")
SMS_API_SECRET = env.text("SMS_API_SECRET", "")
SMS_FEEDBACK = env.switch("SMS_FEEDBACK")
SMS_REDACT = env.switch("SMS_REDACT")
SMS_MESSAGE_INTENT = env.text("SMS_MESSAGE_INTENT", "")
SMS_TEST_NUMBERS = env.items("SMS_TEST_NUMBERS", []) if DEBUG or DEMO else []
# Approval on the phone by web push (RFC 8292). Without a key it is not offered.
VAPID_PRIVATE_KEY = env.text("VAPID_PRIVATE_KEY", "")
VAPID_CONTACT = env.text("VAPID_CONTACT", BASE_URL)
PUSH_TEST_ENDPOINTS = env.items("PUSH_TEST_ENDPOINTS", [], addresses.origin)
# The class that sends texts. The demo's outbox imitates it.
SMS_PROVIDER = "mfa.channels.twilio.TwilioChannel"
MFA_CHANNELS: dict[str, dict[str, Any]] = {
    "sms": {"BACKEND": "mfa.channels.outbox.OutboxChannel", "OPTIONS": {"plays": SMS_PROVIDER}}
    if DEMO
    else {
        "BACKEND": SMS_PROVIDER,
        "OPTIONS": {
            "proxy_url": SMS_PROXY_URL,
            "api_key": SMS_API_KEY,
            "api_secret": SMS_API_SECRET,
            "feedback": SMS_FEEDBACK,
            "redact": SMS_REDACT,
            "intent": SMS_MESSAGE_INTENT,
        },
    },
    **(
        {"email": {"BACKEND": "mfa.channels.email.EmailChannel", "OPTIONS": {}}}
        if MAIL or DEMO
        else {}
    ),
}

# Looks
PORTAL_LOGO = env.text("PORTAL_LOGO", "")
# Now in the Account Policy. A policy without a name or color takes them from here, once.
MOVED_TO_POLICY = {name: env.text(name, "") for name in ("PORTAL_NAME", "PORTAL_ACCENT")}

# Language and time
LANGUAGES = [("en", "English")]
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", "en", dict(LANGUAGES))
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.zone("TIME_ZONE", "UTC")
USE_TZ = True
FORMAT_MODULE_PATH = "portal.formats"

# Files
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# For bodies that are longer than announced. portal.bodies checks the announced length.
DATA_UPLOAD_MAX_MEMORY_SIZE = bodies.LARGEST
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Error reports, on pages and by email
DEFAULT_EXCEPTION_REPORTER = "portal.reports.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "portal.reports.ReportFilter"

# Logs. When enabled, the named loggers print request lines and parameters (numbers, emails).
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", LEVELS)
LOG_FORMAT = env.choice("LOG_FORMAT", "line" if DEBUG or DEMO else "json", ("line", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.logs.LineFormatter",
            "format": "{asctime} {levelname} {name} {request_id} {message}",
            "style": "{",
        },
        "json": {"()": "portal.logs.JsonFormatter"},
    },
    "filters": {"refused": {"()": "portal.logs.RefusedRequests"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["refused"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers print and email the request's URL with its tokens.
        "django": {"level": "INFO", "handlers": []},
        "django.server": {"level": "INFO", "handlers": [], "propagate": True},
    }
    | {
        name: {"level": "WARNING"}
        for name in (
            "twilio",
            "urllib3",
            "django.db.backends",
            "django.template",
            "mail.log",
            # Celery logs each task twice, and the sweep runs every 5 s. Tasks log their own
            # results.
            "celery.app.trace",
            "celery.worker.strategy",
            "celery.beat",
        )
    },
}

# Libraries read other values, such as REQUESTS_CA_BUNDLE, from the environment.
for other, value in env.others().items():
    os.environ.setdefault(other, value)
MISSPELLED = env.misspelled()
