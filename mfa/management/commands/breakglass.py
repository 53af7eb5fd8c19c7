"""`manage.py breakglass admin@x --reason "..."`: log in when no second step works."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from mfa import pauses, rescue
from mfa.models import AbstractMfaUser, plain_text
from mfa.rules.emails import normalize

# In minutes. In a longer outage, fix the cause instead.
LONGEST = 240


class Command(BaseCommand):
    """Pauses one person's second step for some minutes. It needs access to the server."""

    help = (
        "Let one person log in with just the password for some minutes. Recorded in the audit and "
        "emailed to the person."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the person, the reason, the minutes, and the address of a closed account."""
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="kept in the audit and emailed")
        parser.add_argument("--minutes", type=int, default=30, help="default 30, at most 240")
        parser.add_argument(
            "--reopen",
            metavar="ADDRESS",
            help="open a closed account, with this email address of its owner",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Start the pause and notify the person. A lockout does not apply meanwhile."""
        email, reason, minutes = normalize(options["email"]), options["reason"], options["minutes"]
        if not reason.strip() or not plain_text.fits(reason):
            raise CommandError(plain_text.ASKED_FOR)
        if not 1 <= minutes <= LONGEST:
            raise CommandError(f"--minutes must be between 1 and {LONGEST}.")
        user = _found(email, reopen=options["reopen"] is not None)
        with transaction.atomic():
            if options["reopen"] is not None:
                user = _reopened(user, options["reopen"])
            pause = pauses.break_glass(user, reason=reason, minutes=minutes)
        until = f"{pause.until:%Y-%m-%d %H:%M} UTC"
        self.stdout.write(f"{user.email} can log in with just the password until {until}.")
        if not user.has_usable_password():
            self.stdout.write(f"First set a password: manage.py changepassword {user.email}")


def _found(email: str, *, reopen: bool) -> AbstractMfaUser:
    user: AbstractMfaUser | None = get_user_model().objects.filter(email=email).first()
    if user is None or not (user.is_active or reopen):
        closed = " Add --reopen ADDRESS to open the account of the owner." if user else ""
        raise CommandError(f"There is no active person with the email {email}.{closed}")
    if reopen and user.is_active:
        raise CommandError(f"The account of {email} is open. Leave --reopen out.")
    return user


def _reopened(user: AbstractMfaUser, typed: str) -> AbstractMfaUser:
    address = normalize(typed)
    try:
        get_user_model()._meta.get_field("email").run_validators(address)  # noqa: SLF001 Django's public name
    except ValidationError:
        raise CommandError(f"{typed} is not an email address.") from None
    if get_user_model().objects.filter(email=address).exclude(pk=user.pk).exists():
        raise CommandError(f"Another person has the email {address}.")
    return rescue.reopen(user, address)
