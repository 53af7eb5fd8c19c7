"""`manage.py staff_mfa off --reason "..."`: release staff from MFA, or bind them again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mfa import plain_text, staff
from mfa.models import AccountPolicy


class Command(BaseCommand):
    """The only way to let staff in by password alone; loud in the audit and by mail."""

    help = (
        "Switch MFA for staff off or on. Off: staff follow the policy's checkbox and pilot group "
        "like everybody. All superusers and administrators are mailed. Exit code 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the state and the reason."""
        parser.add_argument("state", choices=["on", "off"])
        parser.add_argument("--reason", default="", help="required for off; audited and mailed")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Switch, and say what holds now."""
        state, reason = options["state"], options["reason"].strip()
        if not plain_text.fits(reason) or (state == "off" and not reason):
            raise CommandError(plain_text.ASKED_FOR)
        changed = staff.release(reason) if state == "off" else staff.bind(reason)
        self.stdout.write(_words(AccountPolicy.load()) if changed else f"It is {state} already.")


def _words(policy: AccountPolicy) -> str:
    if policy.binds_staff:
        return "Staff need MFA now, whatever the account policy says."
    if policy.staff_released_at is None:
        return "Staff need MFA as soon as it is enabled for the first time."
    if policy.enabled:
        return "MFA is still enabled in the account policy, which now decides for staff too."
    return "Staff log in with their password alone now."
