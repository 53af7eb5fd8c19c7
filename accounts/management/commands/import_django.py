"""`manage.py import_django FILE`: people of another Django project, with their second steps."""

import csv
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.django_import import contents, run
from accounts.django_import.people import LeftOut
from accounts.django_import.reading import DumpError
from accounts.django_import.words import WORDS
from accounts.models import Organization
from mfa.rules.cells import safe

HEADER = ("email", "id in the other project", "what", "why", "what to do")


class Command(BaseCommand):
    """Never changes people who have an account here, so it can run again."""

    help = (
        "Import the people of a project with django-otp, django-two-factor-auth or django-allauth: "
        "passwords, authenticator apps, phones and passkeys. FILE is written by `manage.py "
        "dumpdata` in that project. No one gets an email. --dry-run writes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, and what to import."""
        parser.add_argument("file", help="a file of dumpdata, JSON or JSON lines")
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

    def handle(self, *_args: str, **options: Any) -> None:
        """Import the people, and print what was imported."""
        path = Path(options["file"])
        with ExitStack() as stack:
            order = run.Order(
                path,
                self._writer(stack, options["left_out"], path),
                self._organization(options["organization"]),
                options["user_model"].lower(),
                options["with_staff"],
                options["dry_run"],
            )
            try:
                report = run.run(order)
            except OSError as error:
                raise CommandError(f"{path.name} cannot be read: {error.strerror}.") from None
            except DumpError as error:
                raise CommandError(f"{path.name}: {error}") from None
        if not report.people:
            raise CommandError(self._nobody(order, report))
        self._report(order, report)

    def _writer(self, stack: ExitStack, name: str | None, read: Path) -> Any:
        if not name:
            return lambda _each: None
        if Path(name).resolve() == read.resolve():
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

    def _organization(self, slug: str | None) -> Organization | None:
        if not slug:
            return None
        found = Organization.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"There is no organization with the short name {slug}.")
        return found

    def _nobody(self, order: run.Order, report: run.Arrivals) -> str:
        words = f"There are no people of {order.user_model} in the file."
        if not report.others:
            return words
        return f"{words} Use --user-model with one of: {', '.join(report.others)}."

    def _report(self, order: run.Order, report: run.Arrivals) -> None:
        factors = ", ".join(f"{count} {kind}" for kind, count in sorted(report.factors.items()))
        self.stdout.write(f"{report.people} people in the file, {report.new} new")
        self.stdout.write(f"passwords: {report.passwords}")
        self.stdout.write(f"second steps: {factors or 'none'}")
        for reason, count in report.left_out.most_common():
            self.stdout.write(f"{count} {reason}: {WORDS[reason][0]}")
        if order.dry_run:
            self.stdout.write("Nothing was imported: this was a dry run.")
