"""`manage.py restore portal-….dump`: restores a dump into an empty database, and ends sessions."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal import backups
from portal.backups import BackupError


class Command(BaseCommand):
    """Never overwrites data. To replace a database, drop it first."""

    help = "Restore a dump into the empty database of DATABASE_URL. Exit code 0, or 1."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the path of the dump, or --loaded."""
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("dump", type=Path, nargs="?")
        loaded = "pg_restore has already filled the database"
        source.add_argument("--loaded", action="store_true", help=loaded)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load, migrate, and end everything that was open."""
        if not options["loaded"]:
            self._load(options["dump"])
        call_command("migrate", verbosity=0)
        backups.settle()
        self.stdout.write("Restored. Everyone must log in again. Now run manage.py doctor.")

    def _load(self, path: Path) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("A dump can only be restored to PostgreSQL. Set DATABASE_URL.")
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        if not backups.is_empty():
            raise CommandError("The database is not empty. Create a new one.")
        try:
            backups.load(path)
        except BackupError as error:
            raise CommandError(str(error)) from None
