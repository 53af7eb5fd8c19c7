"""`manage.py prune`: removes what need not be kept any longer, as the beat does by itself."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from mfa import retention


class Command(BaseCommand):
    """Prunes by the table of mfa/retention.py."""

    help = "Remove what is kept no longer; the beat does the same every 20 minutes. Exit code 0."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer a look without a change, and data."""
        parser.add_argument("--dry-run", action="store_true", help="count, 1000 of a kind at most")
        parser.add_argument("--json", action="store_true", help="an object of counts")

    def handle(self, *_args: str, **options: bool) -> None:
        """Prune, and say how much."""
        gone = retention.prune(dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(gone))
            return
        for name, count in gone.items():
            self.stdout.write(f"{name}: {count}")
