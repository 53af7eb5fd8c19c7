"""`manage.py export TABLE FILE`: the files of the pages "Download as a file"."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.exports.tables import Scope, Table, columns_of
from accounts.management.arguments import organization_of
from mfa import audit, files
from mfa.files import Format
from mfa.models import Event


class Command(BaseCommand):
    """Reads whole numbers, as an administrator does. The audit shows each export."""

    help = (
        "Write people, the audit, deliveries or an enrollment report to a new file that only its "
        "owner can read. import_people reads a file of people again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to write and where."""
        parser.add_argument("table", choices=[str(each) for each in Table])
        parser.add_argument("file", help="a new file")
        parser.add_argument("--organization", metavar="SLUG", help="only of this organization")
        parser.add_argument(
            "--format",
            choices=[str(each) for each in Format],
            help="excel is CSV with a mark; without this option the ending of the file says it",
        )

    def handle(self, *_args: str, **options: Any) -> None:
        """Write the file."""
        table, name = Table(options["table"]), options["file"]
        kind = Format(options["format"]) if options["format"] else files.named(name)
        organization = organization_of(options["organization"])
        if table is Table.ENROLLMENT and organization is None:
            raise CommandError("An enrollment report is of one organization: --organization SLUG.")
        rows = Scope(None, organization).rows(table)
        try:
            # Never over another file
            handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{name} cannot be written: {error.strerror}.") from None
        of = {"organization": organization.pk} if organization else {}
        audit.record(
            Event.EXPORTED,
            None,
            client=audit.NOWHERE,
            table=str(table),
            file_format=str(kind),
            **of,
        )
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.writelines(files.written(columns_of(table), rows, kind))
