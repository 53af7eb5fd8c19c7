"""Settings of the tests: the portal's own, with keys of their own and no .env of anybody's."""

import os
from pathlib import Path

SERVICES = ("BROKER_URL", "REDIS_URL", "EMAIL_URL", "TRUSTED_PROXIES")
for name in [name for name in os.environ if name in SERVICES or name.startswith("SMS_")]:
    del os.environ[name]
os.environ["ENV_FILE"] = os.devnull
os.environ.update(
    {
        "SECRET_KEY": "tests only, as long and as dull as it has to be to please the checks",
        "ENCRYPTION_KEYS": "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24=",
        "DEMO": "on",
        "BASE_URL": "http://testserver",
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "PORTAL_NAME": "Acme Portal",
        "SMS_TEST_NUMBERS": "+447700900",
    }
)

from portal.settings import *  # noqa: E402, F403

# Trivial by intent: tests of the real hash ask for it by name.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
ON_POSTGRESQL = "postgresql" in DATABASES["default"]["ENGINE"]  # noqa: F405
if not ON_POSTGRESQL:
    # A file, not memory: threads and the browser's server share it.
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": str(Path(os.environ.get("TMPDIR", "/tmp")) / f"portal-tests-{os.getpid()}.sqlite3")
    }
