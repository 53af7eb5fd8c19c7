"""`manage.py reset_mfa pat@example.com --reason "..."`: removes a person's factors."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from mfa import rescue
from mfa.models import plain_text
from mfa.rules.emails import normalize


class Command(BaseCommand):
    """Resets two-step verification of one person, as the support page does."""

    help = (
        "Remove one person's phones, apps and recovery codes, and log them out everywhere. At the "
        "next login they enter their password and an emailed code, then set up a new method. "
        "Recorded in the audit, emailed and texted to them. Never for staff. Exit code 0. 1: "
        "nothing was reset. 2: there is no person with this email, or the reason is invalid."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the person and the reason."""
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="kept in the audit and emailed")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Reset, or print why nothing was reset."""
        email, reason = normalize(options["email"]), options["reason"].strip()
        if not reason or not plain_text.fits(reason):
            raise CommandError(plain_text.ASKED_FOR, returncode=2)
        person = get_user_model().objects.filter(email=email).first()
        if person is None:
            raise CommandError(f"There is no person with the email {email}.", returncode=2)
        try:
            rescue.reset(None, person, reason=reason, identified=rescue.Identified.OPERATOR)
        except PermissionDenied:
            raise CommandError(
                f"{email} is staff. Staff cannot be reset: use manage.py breakglass."
            ) from None
        self.stdout.write(
            f"Two-step verification of {email} is reset. They log in with their password and a "
            "code by email, then set up a new method."
        )
