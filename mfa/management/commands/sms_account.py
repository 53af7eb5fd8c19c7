"""`manage.py sms_account confirm`: make the SMS values that wait for a superuser live."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mfa import sms_account
from mfa.models import AccountPolicy


class Command(BaseCommand):
    """For when no superuser can confirm them by a text; loud in the audit and by mail."""

    help = (
        "Make the new SMS account values live that wait for a superuser. All superusers and "
        "administrators are mailed. Exit code 0, or 1 where none wait."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the one verb."""
        parser.add_argument("verb", choices=["confirm"])

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Confirm, and name the account without its token."""
        policy = AccountPolicy.load()
        values = policy.candidate_values
        if not sms_account.confirm(policy.candidate_since, way="command"):
            raise CommandError("No complete new values wait.")
        self.stdout.write(
            f"Texts now go out by account {values.account_id} from {values.phone_number}."
        )
