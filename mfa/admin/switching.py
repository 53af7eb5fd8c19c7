"""Disabling MFA. A page first shows how many people it affects and who still needs MFA."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from mfa.admin import asking, status
from mfa.client import client_of
from mfa.login.guards import SignedIn, fresh
from mfa.login.policy_words import grouped
from mfa.messages import changes
from mfa.messages.changes import Change
from mfa.models import SitePolicy

FORM = "admin:mfa_accountpolicy_changelist"


@require_http_methods(["GET", "HEAD", "POST"])
@fresh()
def switch_off(request: SignedIn) -> HttpResponse:
    """Show the number of people, and disable MFA after confirmation."""
    if not request.user.has_perm("mfa.change_accountpolicy"):
        raise PermissionDenied
    policy = SitePolicy.load()
    if not policy.enabled:
        return redirect(FORM)
    people = affected(policy)
    if request.method == "POST":
        _switch_off(request, people)
        return redirect(FORM)
    passwords = ngettext(
        "%s person will log in with just a password.",
        "%s people will log in with just a password.",
        people,
    )
    staff = gettext("Staff still use MFA. Only the operator can change that, on the server.")
    told = gettext(
        "All superusers and administrators are notified by email. "
        "Your other changes are already saved."
    )
    return asking.page(
        request,
        title=gettext("Turn off MFA?"),
        lines=[
            passwords % grouped(people),
            _later(policy),
            *([staff] if policy.binds_staff else []),
            told,
        ],
        button=gettext("Turn off MFA"),
        keep=gettext("Keep MFA on"),
        danger=True,
        trail=[(gettext("Account Policy"), FORM)],
    )


def _later(policy: SitePolicy) -> str:
    """Say what turning MFA on again means for what people have set up (K9)."""
    if not policy.enrolls_again:
        return gettext("Verified phones and apps are kept.")
    number = status.enrolled(policy)
    words = ngettext(
        "If you turn MFA on again, %s person must set it up again.",
        "If you turn MFA on again, %s people must set it up again.",
        number,
    )
    return words % grouped(number)


def affected(policy: SitePolicy) -> int:
    """Count the active people who could then log in by password."""
    people = get_user_model().objects.filter(is_active=True)
    if policy.pilot_group_id:
        people = people.filter(groups=policy.pilot_group_id)
    if policy.binds_staff:
        people = people.exclude(Q(is_staff=True) | Q(is_superuser=True))
    return people.count()


def _switch_off(request: SignedIn, people: int) -> None:
    with transaction.atomic():
        # If two people press the button at once, one change happens and is reported.
        if SitePolicy.objects.filter(enabled=True).update(
            enabled=False, switched_at=timezone.now()
        ):
            changes.tell(
                Change.MFA_OFF,
                by=request.user,
                client=client_of(request),
                fields=["enabled"],
                people=people,
            )
    messages.success(request, gettext("MFA is off."))
