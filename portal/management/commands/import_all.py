"""`manage.py import_all DIR`: fill an empty portal with what `export_all` wrote."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError

from portal import archive
from portal.archive import ArchiveError


class Command(BaseCommand):
    """Everything in one transaction, or nothing."""

    help = "Fill an empty portal from a folder of export_all. Exit code 0, or 1 with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, and say how much."""
        try:
            read = archive.read(options["folder"])
        except (ArchiveError, DeserializationError, DatabaseError) as error:
            raise CommandError(f"Nothing was imported. {error}") from None
        for table, number in read.rows.items():
            self.stdout.write(f"{table}: {number}")
