"""gunicorn reads this file when it starts in this folder. Command-line options override it."""

import gc
import os
import sys

from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings

try:
    workers = settings.WEB_CONCURRENCY
except ImproperlyConfigured as error:
    sys.exit(str(error))
worker_class = "portal.workers.Worker"
# A page waits only for the database, so a process can serve several people at once.
threads = 8
# Longer than any page takes. A stuck worker is replaced.
timeout = graceful_timeout = 30
# Only settings.TRUSTED_PROXIES decides about proxies.
forwarded_allow_ips = ""
# Only systemd or the container controls the process.
control_socket_disable = True
# Restarting workers frees memory that libraries leak. The jitter spreads the restarts.
max_requests, max_requests_jitter = 20_000, 2_000
# The access log, if an operator enables it, contains no tokens.
logger_class = "portal.access.Logger"
# One format for all lines of the process. Requests are logged by their events, not by URL.
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {"level": "INFO", "propagate": True},
    },
}


def when_ready(_server: object) -> None:
    """Freeze loaded objects: garbage collection would copy the memory that workers share."""
    gc.collect()
    gc.freeze()


# What a worker has loaded stays loaded, so garbage collection can skip it.
post_worker_init = when_ready
