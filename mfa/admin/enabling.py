"""The preconditions for enabling MFA, so that nobody is locked out (M18)."""

from enum import Enum

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from mfa import factors
from mfa.admin import asking, status
from mfa.client import client_of
from mfa.login.guards import SignedIn, fresh
from mfa.login.policy_words import grouped
from mfa.messages import changes
from mfa.messages.changes import Change
from mfa.models import AbstractMfaUser, Factor, SitePolicy
from mfa.rules.methods import only_email

FORM = "admin:mfa_accountpolicy_changelist"


class OpenCheck(Enum):
    """An open precondition: what to do, and the button for it."""

    ACCOUNT = _("Enter the three values of the SMS account"), "", ""
    TEST = (
        _("Send a test message and enter its code"),
        _("Send test message"),
        "admin:mfa_accountpolicy_test_message",
    )
    CANDIDATE = (
        _("Confirm the new SMS account values"),
        _("Confirm the new values"),
        "admin:mfa_accountpolicy_confirm_account",
    )
    MAIL = (
        _("Send a test email, because email is the only method"),
        _("Send test email"),
        FORM,
    )
    OWN_FACTOR = (
        _("Verify your own phone"),
        _("Verify your phone"),
        "mfa:change_phone",
    )
    WAY_OUT = (
        _("Save recovery codes or add an authenticator app"),
        _("Make recovery codes"),
        "mfa:recovery_codes",
    )

    def __init__(self, words: Promise, button: Promise | str, page: str) -> None:
        """Store the words, the button's label and its page."""
        self.words = words
        self.button = button
        self.page = page

    @property
    def url(self) -> str:
        """The button's target, "" without a button."""
        return reverse(self.page) if self.page else ""


def open_checks(policy: SitePolicy, administrator: AbstractMfaUser) -> list[OpenCheck]:
    """List what prevents this administrator from enabling MFA."""
    account = policy.sms
    held = Factor.objects.usable().filter(user_id=administrator.pk)
    holds = {
        OpenCheck.ACCOUNT: account.complete,
        OpenCheck.TEST: account.tested or not account.complete,
        OpenCheck.CANDIDATE: account.candidate_since is None,
        OpenCheck.MAIL: policy.health.mail_tested or not only_email(policy.methods),
        OpenCheck.OWN_FACTOR: factors.holds_one_of(administrator, policy.methods),
        OpenCheck.WAY_OUT: factors.are_backed_up(held),
    }
    return [check for check, held in holds.items() if not held]


@require_POST
@fresh(back="admin:index")
def enable(request: SignedIn) -> HttpResponse:
    """Switch MFA on from the checklist, if nothing is left to do (A16)."""
    if not request.user.has_perm("mfa.change_accountpolicy"):
        raise PermissionDenied
    policy = SitePolicy.load()
    checks = open_checks(policy, request.user)
    if checks:
        left = "; ".join(str(check.words) for check in checks)
        messages.warning(request, gettext("MFA is not on yet: %s.") % left)
    elif policy.enrolls_again_now:
        return redirect("admin:mfa_accountpolicy_switch_on")
    elif not policy.enabled:
        _enable(request, policy)
    return redirect("admin:index")


@require_http_methods(["GET", "HEAD", "POST"])
@fresh()
def switch_again(request: SignedIn) -> HttpResponse:
    """Show how many people must set up MFA again, and switch it on after confirmation (D10)."""
    if not request.user.has_perm("mfa.change_accountpolicy"):
        raise PermissionDenied
    policy = SitePolicy.load()
    if not policy.enrolls_again_now or open_checks(policy, request.user):
        return redirect(FORM)
    if request.method == "POST":
        _enable(request, policy)
        return redirect(FORM)
    number = status.enrolled(policy)
    again = ngettext(
        "%s person sets up MFA again at the next login, with a code from the current phone or app "
        "or by email.",
        "%s people set up MFA again at their next login, with a code from the current phone or app "
        "or by email.",
        number,
    )
    lines = [
        again % grouped(number),
        gettext("To prevent this, change “When MFA is turned on again”."),
    ]
    if policy.passkeys_from or policy.staff_passkeys_from:
        lines.append(status.staff_words())
    return asking.page(
        request,
        title=gettext("Turn MFA on again?"),
        lines=lines,
        button=gettext("Turn on MFA"),
        keep=gettext("Keep MFA off"),
        trail=[(gettext("Account Policy"), FORM)],
    )


def _enable(request: SignedIn, policy: SitePolicy) -> None:
    switch_on(policy)
    client = client_of(request)
    changes.tell(Change.MFA_ON, by=request.user, client=client, fields=["enabled"])
    messages.success(request, status.next_words(policy, request.user))


def switch_on(policy: SitePolicy) -> None:
    """Switch MFA on and note when."""
    fields = ["enabled", "switched_at", "trusts_from"]
    now = timezone.now()
    if policy.enrolls_again_now:
        policy.enroll_again_from = now
        fields.append("enroll_again_from")
    policy.enabled, policy.switched_at, policy.trusts_from = True, now, now
    policy.save(update_fields=fields)
