"""Settings of the tests: the portal's own with separate keys, without any .env."""

import os
import zlib
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
        "SMS_TEST_NUMBERS": "+447700900",
    }
)

from portal.settings import *  # noqa: E402, F403

# A new policy takes its name from here.
MOVED_TO_POLICY = {"PORTAL_NAME": "Acme Portal", "PORTAL_ACCENT": ""}
# A trivial hash. Tests of the real hash request it by name.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
ON_POSTGRESQL = "postgresql" in DATABASES["default"]["ENGINE"]  # noqa: F405
if ON_POSTGRESQL:
    # One database per checkout, so that parallel runs do not drop each other's.
    checkout = zlib.crc32(str(BASE_DIR).encode())  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"test_portal_{checkout:08x}"}  # noqa: F405
    # These rows are not needed after a crash, so no commit waits for the disk.
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"  # noqa: F405
else:
    # A file, not memory, because threads and the browser's server share it.
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": str(Path(os.environ.get("TMPDIR", "/tmp")) / f"portal-tests-{os.getpid()}.sqlite3")
    }
