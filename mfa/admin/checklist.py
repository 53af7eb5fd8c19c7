"""The checklist of a new installation: what is left to do before MFA is on, with buttons."""

from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mfa import channels
from mfa.admin.enabling import OpenCheck, open_checks
from mfa.models import AbstractMfaUser, SitePolicy
from mfa.rules.methods import ChannelName

FORM = "admin:mfa_accountpolicy_changelist"


class Task(NamedTuple):
    """One line of the list. A task that waits for another one has no button yet."""

    words: Promise
    hint: Promise | str
    button: Promise
    url: str
    done: bool
    posts: bool = False
    waits: bool = False


def tasks_of(administrator: AbstractMfaUser) -> list[Task]:
    """List what is done and what is left, or nothing once MFA has been enabled."""
    policy = SitePolicy.load()
    if policy.first_enabled_at is not None:
        return []
    left = set(open_checks(policy, administrator))
    mail = channels.available(ChannelName.EMAIL)
    form = reverse("admin:mfa_accountpolicy_change", args=[policy.pk])
    account, test = OpenCheck.ACCOUNT in left, OpenCheck.TEST in left
    no_texts = account or test
    return [
        Task(
            _("Choose your home country"),
            _("People can then enter numbers as they dial them."),
            _("Choose the country"),
            f"{form}#id_home_region",
            bool(policy.home_region),
        ),
        Task(
            _("Enter the three values of your SMS account"),
            "",
            _("Enter the values"),
            f"{form}#id_sms_account_id",
            not account,
        ),
        Task(
            _("Send a test message and enter its code"),
            _("Use your own phone: this verifies it too."),
            _("Send test message"),
            reverse("admin:mfa_accountpolicy_test_message"),
            not no_texts,
            waits=account,
        ),
        Task(
            _("Verify your own phone"),
            "",
            _("Verify your phone"),
            reverse("mfa:change_phone"),
            OpenCheck.OWN_FACTOR not in left,
            waits=no_texts,
        ),
        Task(
            _("Test email"),
            "" if mail else _("No mail server: ask the operator to set EMAIL_URL."),
            _("Send test email"),
            reverse("admin:mfa_accountpolicy_test_mail"),
            policy.health.mail_tested and mail,
            posts=True,
            waits=not mail,
        ),
        Task(
            _("Save your recovery codes"),
            _("You need them if you lose your phone."),
            _("Make recovery codes"),
            reverse("mfa:recovery_codes"),
            OpenCheck.WAY_OUT not in left,
            posts=True,
            # With codes first, only a code could add the phone.
            waits=OpenCheck.OWN_FACTOR in left,
        ),
        Task(
            _("Enable MFA"),
            _("Everyone then needs a code to log in. You can choose a pilot group first."),
            _("Enable MFA"),
            reverse("admin:mfa_accountpolicy_enable"),
            policy.enabled,
            posts=True,
            waits=bool(left),
        ),
    ]
