"""`manage.py staff_mfa off --reason "..."`: MFA for staff off or on again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mfa.login import staff
from mfa.models import SitePolicy, plain_text


class Command(BaseCommand):
    """The only way to let staff log in by password. Audited, and emailed to administrators."""

    help = (
        "Turn MFA for staff off or on. Off: the account policy decides for staff as for everyone "
        "else. All superusers and administrators are emailed. Exit code 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the state and the reason."""
        parser.add_argument("state", choices=["on", "off"])
        parser.add_argument(
            "--reason", default="", help="required for off; kept in the audit and emailed"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Switch, and print the new state."""
        state, reason = options["state"], options["reason"].strip()
        if not plain_text.fits(reason) or (state == "off" and not reason):
            raise CommandError(plain_text.ASKED_FOR)
        changed = staff.release(reason) if state == "off" else staff.bind(reason)
        self.stdout.write(
            _words(SitePolicy.load()) if changed else f"MFA for staff is already {state}."
        )


def _words(policy: SitePolicy) -> str:
    if policy.binds_staff:
        return "Staff need MFA now, whatever the account policy says."
    if policy.staff_released_at is None:
        return "Staff need MFA as soon as it is enabled for the first time."
    if policy.enabled:
        return "MFA is still enabled in the account policy, which now decides for staff too."
    return "Staff now log in with just their password."
