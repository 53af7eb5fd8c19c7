"""`manage.py import_people FILE`: people from a CSV file, after a check of every line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max

from accounts.csv_import import dry_run, reports, run, uploads, words
from accounts.csv_import.reading import UnreadableError
from accounts.management.arguments import organization_of
from accounts.models import ImportLine, PeopleImport
from mfa import files
from mfa.audit import NOWHERE

# Seconds between two lines of progress
STEP = 5.0
COUNTS = (*ImportLine.Effect.values, dry_run.REPEATED, dry_run.BAD)


class Command(BaseCommand):
    """Does what the page does, as an administrator, with the same code."""

    help = (
        "Import people from a CSV file. It checks every line first and lists what is wrong. "
        "--dry-run stops there. No one gets an email without --send. --resume continues an import "
        "that was stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and where its people belong."""
        parser.add_argument("file", nargs="?", help="a CSV file in UTF-8")
        parser.add_argument(
            "--organization", metavar="SLUG", help="the short name of their organization"
        )
        parser.add_argument("--dry-run", action="store_true", help="check the file, import nothing")
        parser.add_argument(
            "--send", action="store_true", help="email new people a link to set a password"
        )
        parser.add_argument(
            "--people", metavar="FILE", help="write what happens to each person: .csv or .jsonl"
        )
        parser.add_argument("--resume", metavar="NUMBER", type=int, help="continue this import")

    def handle(self, *_args: str, **options: Any) -> None:
        """Check the file, print what was found, and import."""
        held = self._resumed(options["resume"]) if options["resume"] else self._checked(options)
        if options["dry_run"]:
            self.stdout.write(reports.mail_words(held))
            self._list(held, options["people"])
            held.delete()
            self.stdout.write("Nothing was imported: this was a dry run.")
            return
        checked = held.findings.aggregate(last=Max("pk"))["last"] or 0
        self.stdout.write(f"Import {held.pk} starts. To continue it later: --resume {held.pk}")
        if not run.start(None, held, sends_mail=options["send"], client=NOWHERE):
            raise CommandError(f"Import {held.pk} has already started.")
        while run.go_on(held.pk, seconds=STEP):
            held.refresh_from_db()
            self.stdout.write(f"{held.position} of {held.total}")
        held.refresh_from_db()
        self._report(held, after=checked)
        self._list(held, options["people"])

    def _list(self, held: PeopleImport, name: str | None) -> None:
        if not name:
            return
        try:
            with Path(name).open("x", encoding="utf-8", newline="") as file:
                rows = reports.outcomes(held)
                file.writelines(files.written(reports.OUTCOMES, rows, files.named(name)))
        except OSError as error:
            raise CommandError(f"{name} cannot be written: {error.strerror}.") from None

    def _checked(self, options: dict[str, Any]) -> PeopleImport:
        if not options["file"]:
            raise CommandError("Name a file, or --resume NUMBER.")
        path = Path(options["file"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path.name} cannot be read: {error.strerror}.") from None
        organization = organization_of(options["organization"])
        try:
            held = uploads.store(None, organization, content, name=path.name, invites=False)
            header, mapped = uploads.header_of(held), uploads.mapped_in(held)
            for column, field in dry_run.judge_of(held, header).mapped.items():
                self.stdout.write(f"{header[column].strip()} -> {field}")
            for name in dry_run.unused_columns(held, header):
                self.stdout.write(f"{name} is not used")
            uploads.map_columns(held, mapped)
        except UnreadableError as error:
            raise CommandError(words.of_file(error.fault, error.line, error.names)) from None
        while dry_run.check(held.pk, seconds=STEP):
            held.refresh_from_db()
            self.stdout.write(f"{held.position} lines checked")
        held.refresh_from_db()
        if held.state == PeopleImport.State.UNREADABLE:
            message = words.of_file(held.fault, held.fault_line, held.fault_names)
            held.delete()
            raise CommandError(message)
        self._report(held)
        return held

    def _resumed(self, number: int) -> PeopleImport:
        states = (PeopleImport.State.CHECKED, PeopleImport.State.STOPPED)
        waiting = PeopleImport.objects.filter(pk=number, by=None)
        waiting.filter(state=PeopleImport.State.RUNNING).update(state=PeopleImport.State.STOPPED)
        held = waiting.filter(state__in=states).first()
        if held is None:
            raise CommandError(f"There is no import {number} that can continue.")
        return held

    def _report(self, held: PeopleImport, *, after: int = 0) -> None:
        """Print what was found, without what the check printed, and the counts."""
        new = held.findings.filter(pk__gt=after)
        for finding in new.order_by("-is_bad", "line", "pk").iterator():
            place = f"line {finding.line}"
            column = f", {finding.field}" if finding.field else ""
            shown = f" ({finding.shown})" if finding.shown else ""
            reason, remedy = words.reason_of(finding), words.remedy_of(finding)
            self.stdout.write(f"{place}{column}{shown}: {reason} {remedy}")
        counts = {name: held.counts.get(name, 0) for name in COUNTS}
        listed = ", ".join(f"{number} {name}" for name, number in counts.items())
        self.stdout.write(f"{sum(counts.values())} lines: {listed}")
