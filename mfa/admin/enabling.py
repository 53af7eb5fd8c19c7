"""What must hold before MFA may be switched on, so that nobody locks themselves out (M18)."""

from enum import Enum

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mfa import factors
from mfa.models import AccountPolicy, Factor, Protected


class OpenCheck(Enum):
    """One thing still to do: what, and the button that leads there."""

    ACCOUNT = _("the three values of the SMS account are missing"), "", ""
    TEST = (
        _("no test message has been typed back with these values"),
        _("Send test message"),
        "admin:mfa_accountpolicy_test_message",
    )
    CANDIDATE = (
        _("the new SMS account values have not been confirmed"),
        _("Confirm the new values"),
        "admin:mfa_accountpolicy_confirm_account",
    )
    OWN_FACTOR = (
        _("you have no confirmed phone of your own"),
        _("Confirm your phone"),
        "mfa:change_phone",
    )
    WAY_OUT = (
        _("you have nothing beside your phone: neither recovery codes nor an authenticator app"),
        _("Make recovery codes"),
        "mfa:recovery_codes",
    )

    def __init__(self, words: Promise, button: Promise | str, page: str) -> None:
        """Keep the words, the button's label and the name of its page."""
        self.words = words
        self.button = button
        self.page = page

    @property
    def url(self) -> str:
        """Where the button leads, "" where there is none."""
        return reverse(self.page) if self.page else ""


def open_checks(policy: AccountPolicy, administrator: Protected) -> list[OpenCheck]:
    """List what keeps this administrator from switching MFA on."""
    held = Factor.objects.usable().filter(user_id=administrator.pk)
    holds = {
        OpenCheck.ACCOUNT: policy.complete,
        OpenCheck.TEST: policy.tested or not policy.complete,
        OpenCheck.CANDIDATE: policy.candidate_since is None,
        OpenCheck.OWN_FACTOR: factors.phone_of(administrator) is not None,
        OpenCheck.WAY_OUT: factors.are_backed_up(held),
    }
    return [check for check, held in holds.items() if not held]
