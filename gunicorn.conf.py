"""What gunicorn reads by itself when it starts here; options of its command line win."""

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
# A page waits for the database alone, so a process serves several people at once.
threads = 8
# Longer than any page takes; a worker that is stuck is replaced.
timeout = graceful_timeout = 30
# Proxies are settings.TRUSTED_PROXIES' business alone.
forwarded_allow_ips = ""
# systemd or the container rules over the process, nobody else.
control_socket_disable = True
# Memory that libraries leak goes with the process; not all at once.
max_requests, max_requests_jitter = 20_000, 2_000
# Lines of requests, where an operator asks for them, hold no token.
logger_class = "portal.access.Logger"
# One format for all lines of the process; requests are logged by what they do, not by address.
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {"level": "INFO", "propagate": True},
    },
}
