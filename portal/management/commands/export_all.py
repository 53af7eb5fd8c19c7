"""`manage.py export_all DIR`: everything that belongs to the customer, as JSON lines."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal import archive
from portal.archive import ArchiveError

WARNING = (
    "The folder holds password hashes, keys of apps and recovery codes. Anyone who reads it can "
    "guess passwords. Encrypt it, and delete it after use."
)


class Command(BaseCommand):
    """Only reads the database."""

    help = (
        "Write all people, organizations, rules, second steps and records into a folder. Without "
        "--secrets, people would have to set a new password and a new second step."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--secrets", action="store_true", help="with passwords and keys")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write, and say how much."""
        try:
            written = archive.write(options["folder"], secrets=options["secrets"])
        except (ArchiveError, OSError) as error:
            raise CommandError(str(error)) from None
        for table, number in written.rows.items():
            self.stdout.write(f"{table}: {number}")
        if options["secrets"]:
            self.stderr.write(WARNING)
