"""`manage.py breakglass admin@x --reason "..."`: a way in when no second step works."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mfa import pauses, plain_text
from mfa.rules.emails import normalize

# Minutes: whoever needs longer has time to mend what is broken.
LONGEST = 240


class Command(BaseCommand):
    """Pauses one person's second step for some minutes; whoever runs it holds the machine."""

    help = "Let one person log in by password alone for some minutes; loud in the audit."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the person, the reason and the minutes."""
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="kept in the audit and mailed")
        parser.add_argument("--minutes", type=int, default=30, help="30, at most 240")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the pause and tell the person; a running wait does not matter meanwhile."""
        email, reason, minutes = normalize(options["email"]), options["reason"], options["minutes"]
        if not reason.strip() or not plain_text.fits(reason):
            raise CommandError(plain_text.ASKED_FOR)
        if not 1 <= minutes <= LONGEST:
            raise CommandError(f"--minutes must be between 1 and {LONGEST}.")
        user = get_user_model().objects.filter(email=email, is_active=True).first()
        if user is None:
            raise CommandError(f"No active person has the email {email}.")
        pause = pauses.break_glass(user, reason=reason, minutes=minutes)
        self.stdout.write(
            f"{email} can log in by password alone until {pause.until:%Y-%m-%d %H:%M} UTC."
        )
