"""`manage.py doctor`: what is wrong with this installation, in words."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from portal import examination
from portal.examination import Examined, Health

MARKS = {Health.WELL: "ok   ", Health.WEAK: "weak ", Health.ILL: "FAULT"}


class Command(BaseCommand):
    """Read-only. It tests connections and sends nothing."""

    help = (
        "Check settings, keys, database, queue, mail, SMS account, proxy and clock. "
        "Exit code 0 when all is well, 1 when something is weak, 2 when something does not work."
    )
    # It reports the results of the checks instead of stopping.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json."""
        parser.add_argument("--json", action="store_true", help="print a JSON list")

    def handle(self, *_args: str, **options: bool) -> None:
        """Print each finding right away."""
        lines = []
        for line in examination.examine():
            lines.append(line)
            if not options["json"]:
                self.stdout.write(f"{MARKS[line.health]} {line.part}: {line.words}")
        if options["json"]:
            self.stdout.write(json.dumps([_record(line) for line in lines], indent=1))
        if worst := max(line.health for line in lines):
            raise SystemExit(int(worst))


def _record(line: Examined) -> dict[str, str]:
    return {"part": line.part, "health": line.health.name.lower(), "words": line.words}
