"""`manage.py backup /var/backups/portal`: one dump of the database, and the old ones removed."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal import backups
from portal.backups import BackupError


class Command(BaseCommand):
    """Runs while the portal serves: a dump is of one moment."""

    help = "Dump the PostgreSQL database into a folder. Exit code 0, or 1 with what went wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and how many dumps to keep."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keep", type=int, default=14, help="dumps in the folder (default 14)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Dump, then thin."""
        folder, keep = options["folder"], options["keep"]
        if connection.vendor != "postgresql":
            raise CommandError("An SQLite file is copied with `sqlite3 db.sqlite3 .backup`.")
        if not folder.is_dir() or keep < 1:
            raise CommandError("Name a folder that exists, and keep one dump at least.")
        try:
            path = backups.dump(folder)
        except BackupError as error:
            raise CommandError(str(error)) from None
        gone = backups.thin(folder, keep)
        self.stdout.write(f"{path} written, {gone} old ones removed.")
        self.stdout.write("It is worth nothing without ENCRYPTION_KEYS: keep them elsewhere.")
