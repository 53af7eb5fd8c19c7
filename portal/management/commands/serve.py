"""`manage.py serve`: the portal on one machine, with PORT from the environment."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Runs Django's server for the demo and for development; production runs gunicorn."""

    help = "Serve the portal on 127.0.0.1 at PORT."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Serve until interrupted."""
        call_command("runserver", f"127.0.0.1:{settings.PORT}", use_static_handler=False)
