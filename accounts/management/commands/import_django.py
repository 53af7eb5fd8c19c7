"""`manage.py import_django FILE`: people of another Django project, with their second steps."""

import csv
from argparse import ArgumentParser
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.django_import import contents, run, tables
from accounts.django_import.contents import Source
from accounts.django_import.devices import OURS, AppSettings
from accounts.django_import.people import LeftOut
from accounts.django_import.reading import DumpError, rows
from accounts.django_import.tables import TablesError
from accounts.django_import.words import WORDS
from accounts.management.arguments import organization_of
from mfa.rules.cells import safe

ALLAUTH = "what the setting MFA_TOTP_... of django-allauth says there"
HEADER = ("email", "id in the other project", "what", "why", "what to do")


class Command(BaseCommand):
    """Never changes people who have an account here, so it can run again."""

    help = (
        "Import the people of a project with django-otp, django-two-factor-auth or django-allauth: "
        "passwords, authenticator apps, phones and passkeys. FILE is written by `manage.py "
        "dumpdata` in that project; --database reads its tables instead. No one gets an email. "
        "--dry-run writes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file or database, and what to bring."""
        parser.add_argument("file", nargs="?", help="a file of dumpdata, JSON or JSON lines")
        parser.add_argument("--database", metavar="URL", help="the database of that project")
        parser.add_argument(
            "--organization", metavar="SLUG", help="the short name of their organization"
        )
        parser.add_argument("--dry-run", action="store_true", help="report only")
        parser.add_argument(
            "--left-out", metavar="CSV", help="write to this file what cannot be imported"
        )
        parser.add_argument("--user-model", metavar="APP.MODEL", default=contents.USERS)
        parser.add_argument(
            "--with-staff", action="store_true", help="import staff too, without permissions"
        )
        parser.add_argument("--totp-digits", type=int, default=OURS.digits, help=ALLAUTH)
        parser.add_argument("--totp-period", type=int, default=OURS.seconds, help=ALLAUTH)

    def handle(self, *_args: str, **options: Any) -> None:
        """Import the people, and print what was imported."""
        with ExitStack() as stack:
            try:
                order = run.Order(
                    self._source(stack, options),
                    self._writer(stack, options["left_out"], options["file"]),
                    organization_of(options["organization"]),
                    options["user_model"].lower(),
                    options["with_staff"],
                    options["dry_run"],
                    AppSettings(options["totp_digits"], options["totp_period"]),
                )
                report = run.run(order)
            except OSError as error:
                raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from None
            except (DumpError, TablesError) as error:
                raise CommandError(str(error)) from None
        if not report.people:
            raise CommandError(self._nobody(order, report))
        self._report(order, report)

    def _source(self, stack: ExitStack, options: dict[str, Any]) -> Source:
        file, database = options["file"], options["database"]
        if bool(file) == bool(database):
            raise CommandError("Name a file, or --database URL.")
        if database:
            return stack.enter_context(tables.opened(database, options["user_model"].lower()))
        return partial(rows, Path(file))

    def _writer(self, stack: ExitStack, name: str | None, read: str | None) -> Any:
        if not name:
            return lambda _each: None
        if read and Path(name).resolve() == Path(read).resolve():
            raise CommandError("Choose another file for --left-out: this one holds the people.")
        try:
            file = Path(name).open("w", encoding="utf-8", newline="")  # noqa: SIM115 the stack closes it
        except OSError as error:
            raise CommandError(f"{name} cannot be written: {error.strerror}.") from None
        writer = csv.writer(stack.enter_context(file))
        writer.writerow(HEADER)

        def write(each: LeftOut) -> None:
            cells = (each.email, each.number, each.what, *WORDS[each.reason])
            writer.writerow([safe(cell) for cell in cells])

        return write

    def _nobody(self, order: run.Order, report: run.Arrivals) -> str:
        words = f"There are no people of {order.user_model} in that project."
        if not report.others:
            return words
        return f"{words} Use --user-model with one of: {', '.join(report.others)}."

    def _report(self, order: run.Order, report: run.Arrivals) -> None:
        factors = ", ".join(f"{count} {kind}" for kind, count in sorted(report.factors.items()))
        self.stdout.write(f"{report.people} people in that project, {report.new} new")
        self.stdout.write(f"passwords: {report.passwords}")
        self.stdout.write(f"second steps: {factors or 'none'}")
        for reason, count in report.left_out.most_common():
            self.stdout.write(f"{count} {reason}: {WORDS[reason][0]}")
        if order.dry_run:
            self.stdout.write("Nothing was imported: this was a dry run.")
