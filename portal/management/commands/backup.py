"""`manage.py backup /var/backups/portal`: dumps the database and removes old dumps."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal import backups
from portal.backups import BackupError


class Command(BaseCommand):
    """Can run while the portal serves, because a dump is a consistent snapshot."""

    help = "Dump the PostgreSQL database into a folder. Exit code 0, or 1 with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and how many dumps to keep."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keep", type=int, default=14, help="how many to keep (default 14)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Dump, then remove old dumps."""
        folder, keep = options["folder"], options["keep"]
        if connection.vendor != "postgresql":
            raise CommandError(
                "This portal uses SQLite. Copy it with `sqlite3 db.sqlite3 .backup`."
            )
        if not folder.is_dir() or keep < 1:
            raise CommandError("Choose a folder that exists, and keep at least one dump.")
        try:
            path = backups.dump(folder)
        except BackupError as error:
            raise CommandError(str(error)) from None
        gone = backups.thin(folder, keep)
        self.stdout.write(f"Wrote {path} and removed {gone} old dumps.")
        self.stdout.write("To restore it, you need ENCRYPTION_KEYS. Keep them in another place.")
