"""`manage.py demo_reset`: restarts the demo with an empty database and its people."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from accounts.models import User
from portal.addresses import is_loopback
from portal.demo.organizations import CROWD
from portal.demo.people import PEOPLE
from portal.management.commands.serve import port_fault
from portal.services import SQLITE

# The suffixes of SQLite's files
PARTS = ("", "-wal", "-shm", "-journal")


class Command(BaseCommand):
    """Deletes the demo's SQLite database, and nothing else."""

    help = "Delete the demo's own SQLite database and create a new one. Exit code 0, or 1."
    # A database of another version is a reason to reset.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--everybody`."""
        words = "also delete people who do not belong to the demo"
        parser.add_argument("--everybody", action="store_true", help=words)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Refuse, or delete and set up again."""
        demand_demo()
        if fault := port_fault(settings.PORT):
            raise CommandError(f"{fault} Stop the portal first.")
        others = _others()
        if others and not options["everybody"]:
            raise CommandError(
                f"The database holds {len(others)} people who do not belong to the demo, such as "
                f"{others[0]}. To delete them too: make demo-reset EVERYBODY=1"
            )
        connections.close_all()
        for part in PARTS:
            Path(f"{settings.DATABASES['default']['NAME']}{part}").unlink(missing_ok=True)
        call_command("migrate", verbosity=0)
        self.stdout.write("The database was reset.")
        call_command("demo")
        self.stdout.write("  Now start the portal: make run")


def demand_demo() -> None:
    """Raise a CommandError unless this is a demo on a local machine with its own file."""
    database = settings.DATABASES["default"]
    if not settings.DEMO:
        raise CommandError("DEMO is off. Only a demo can be reset.")
    if settings.HTTPS or not is_loopback(settings.HOST):
        raise CommandError("BASE_URL is public. Only a demo on its own machine can be reset.")
    if database["ENGINE"] != SQLITE or database["NAME"] != settings.SQLITE["NAME"]:
        raise CommandError("DATABASE_URL is set. Empty that database yourself.")


def _others() -> list[str]:
    """Return the emails that are not the demo's, or none if there is no table."""
    ours = [person.email for person in PEOPLE]
    try:
        others = User.objects.exclude(email__in=ours).exclude(email__endswith=CROWD)
        return list(others.values_list("email", flat=True))
    except DatabaseError:
        return []
