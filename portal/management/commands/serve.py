"""`manage.py serve`: serves the portal on this machine at PORT."""

import os
import socket
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV

from portal import periodic

HOST = "127.0.0.1"
ANOTHER = "Choose another one with the setting PORT: `make run PORT=8475`, or PORT=8475 in .env."
ALONE = (
    "BROKER_URL is empty: this process sends messages while pages wait, and runs the periodic"
    " tasks, such as the one that retries emails."
)
WITH_WORKERS = "BROKER_URL is set: messages need a worker and a beat, see docs/operators.md."


class Command(BaseCommand):
    """Runs Django's server for the demo and for development. Production uses gunicorn."""

    help = "Serve the portal on 127.0.0.1 at PORT."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Serve until interrupted."""
        # Django's server starts this command again in the process that serves.
        if os.environ.get(DJANGO_AUTORELOAD_ENV) == "true":
            if settings.CELERY_TASK_ALWAYS_EAGER:
                periodic.start()
        else:
            if fault := port_fault(settings.PORT):
                raise CommandError(f"{fault} {ANOTHER}")
            self.stdout.write(ALONE if settings.CELERY_TASK_ALWAYS_EAGER else WITH_WORKERS)
        call_command("runserver", f"{HOST}:{settings.PORT}", use_static_handler=False)


def port_fault(port: int) -> str:
    """Return why a port of this machine is not available, or ""."""
    with socket.socket() as probe:
        # Like Django's server: a port that was closed a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            return f"Only root may serve on port {port}."
        except OSError:
            return f"Port {port} is in use."
    return ""
