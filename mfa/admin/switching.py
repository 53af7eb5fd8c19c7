"""Switching MFA off asks first: how many people it concerns, and who stays bound."""

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from mfa import changes, origin as origins
from mfa.changes import Change
from mfa.guards import SignedIn, fresh
from mfa.models import AccountPolicy

FORM = "admin:mfa_accountpolicy_changelist"
TEMPLATE = "admin/mfa/accountpolicy/switch_off.html"


@require_http_methods(["GET", "HEAD", "POST"])
@fresh()
def switch_off(request: SignedIn) -> HttpResponse:
    """Name the number of people, and switch off when asked again."""
    if not request.user.has_perm("mfa.change_accountpolicy"):
        raise PermissionDenied
    policy = AccountPolicy.load()
    if not policy.enabled:
        return redirect(FORM)
    people = affected(policy)
    if request.method == "POST":
        _switch_off(request, people)
        return redirect(FORM)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Switch MFA off?"),
        "people": people,
        "staff_stay": policy.binds_staff,
    }
    return TemplateResponse(request, TEMPLATE, context)


def affected(policy: AccountPolicy) -> int:
    """Count the active people whose password alone would log in from then on."""
    people = get_user_model().objects.filter(is_active=True)
    if policy.pilot_group_id:
        people = people.filter(groups=policy.pilot_group_id)
    if policy.binds_staff:
        people = people.exclude(Q(is_staff=True) | Q(is_superuser=True))
    return people.count()


def _switch_off(request: SignedIn, people: int) -> None:
    with transaction.atomic():
        # Of two who press the button at once, one switches and is told of.
        if AccountPolicy.objects.filter(enabled=True).update(enabled=False):
            changes.tell(
                Change.MFA_OFF,
                by=request.user,
                origin=origins.of(request),
                fields=["enabled"],
                people=people,
            )
    messages.success(request, gettext("Multi-factor authentication is off."))
