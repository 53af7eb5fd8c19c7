"""`manage.py prune`: removes expired rows, as the periodic task does."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from mfa import retention


class Command(BaseCommand):
    """Prunes by the rules of mfa/retention.py."""

    help = "Delete data that has expired. Beat does the same every 20 minutes. Exit code 0."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run and --json."""
        parser.add_argument(
            "--dry-run", action="store_true", help="only count, up to 1000 of a kind"
        )
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *_args: str, **options: bool) -> None:
        """Prune, and print the counts."""
        gone = retention.prune(dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(gone))
            return
        for name, count in gone.items():
            self.stdout.write(f"{name}: {count}")
