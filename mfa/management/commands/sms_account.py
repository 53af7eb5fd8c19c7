"""`manage.py sms_account confirm`: makes the waiting SMS values live."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mfa.messages import sms_account
from mfa.models import SmsAccount


class Command(BaseCommand):
    """For the case that no superuser can confirm them. Audited, and emailed to administrators."""

    help = (
        "Start using the new SMS account values without a superuser's confirmation. All "
        "superusers and administrators are emailed. Exit code 0, or 1 if there are no new values."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the one verb."""
        parser.add_argument("verb", choices=["confirm"])

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Confirm, and print the account without its token."""
        account = SmsAccount.load()
        values = account.candidate_values
        if not sms_account.confirm(account.candidate_since, way="command"):
            raise CommandError("There are no complete new values to confirm.")
        self.stdout.write(
            f"Texts are now sent by account {values.account_id} from {values.phone_number}."
        )
