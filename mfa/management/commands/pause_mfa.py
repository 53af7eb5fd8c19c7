"""`manage.py pause_mfa pat@example.com --reason "..."`: the admin's pause as a command."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from mfa import pauses
from mfa.models import AbstractMfaUser, plain_text
from mfa.pauses import Refusal
from mfa.rules.emails import normalize

REFUSED = {
    Refusal.STAFF: "{email} is staff. Staff cannot be paused: use manage.py breakglass.",
    Refusal.RUNNING: "{email} already has a pause. End it first, in the admin under Pauses.",
}


class Command(BaseCommand):
    """Pauses one person's second step, with the same rules as the admin."""

    help = (
        "Let one person log in with just the password for some hours. Recorded in the audit and "
        "emailed to the person. Never for staff. Exit code 0. 1: no pause was started. 2: there is "
        "no person with this email, or the hours or the reason are invalid."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the person, the reason and the hours."""
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="kept in the audit and emailed")
        hours = f"default {pauses.USUAL_HOURS}, at most {pauses.MOST_HOURS}"
        parser.add_argument("--hours", type=int, default=pauses.USUAL_HOURS, help=hours)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Start the pause, or print why it did not start."""
        user = _person(normalize(options["email"]))
        hours, reason = options["hours"], options["reason"].strip()
        if not 1 <= hours <= pauses.MOST_HOURS:
            raise CommandError(f"--hours must be between 1 and {pauses.MOST_HOURS}.", returncode=2)
        if not reason or not plain_text.fits(reason):
            raise CommandError(plain_text.ASKED_FOR, returncode=2)
        started = pauses.start(user, reason=reason, hours=hours, by=None)
        if isinstance(started, Refusal):
            raise CommandError(REFUSED[started].format(email=user.email))
        end = f"{started.until:%Y-%m-%d %H:%M} UTC"
        self.stdout.write(f"{user.email} can log in with just the password until {end}.")


def _person(email: str) -> AbstractMfaUser:
    user = get_user_model().objects.filter(email=email).first()
    if user is None:
        raise CommandError(f"There is no person with the email {email}.", returncode=2)
    if not user.is_active:
        raise CommandError(f"The account {email} is turned off.")
    return user
