"""The pages of support that ask before they act: reset, pause, number, lost phone, sessions."""

from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import support
from accounts.people.support import may_send_link
from accounts.views.support import for_support, opened
from mfa import factors, pauses, recoveries, rescue
from mfa.client import client_of
from mfa.forms.rescues import (
    HELPED_ENOUGH,
    NumberForm,
    PauseForm,
    ReasonForm,
    RecoveryForm,
    ResetForm,
)
from mfa.limits.counters import TooMany
from mfa.login import typed
from mfa.login.guards import SignedIn, fresh
from mfa.login.typed import keeps
from mfa.models import Pause
from mfa.recoveries import NotStarted
from mfa.sessions import revoke
from mfa.views.pages import refused

BACK = "accounts:support_person"
NOT_PAUSED = {
    pauses.Refusal.STAFF: _("Staff cannot be paused."),
    pauses.Refusal.RUNNING: _("A pause is already running. End it first."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@for_support
@fresh()
@keeps(ResetForm)
def support_reset(request: SignedIn, person_id: int) -> HttpResponse:
    """Ask for the reason and the identification, then reset the factors (RV-05)."""
    person = _allowed(request, person_id, rescue.RESCUE)
    form = ResetForm(request.POST or None)
    more = {"may_send_link": may_send_link(request.user, person)}
    if not form.is_valid():
        return _show(request, "accounts/support_reset.html", form, person, more=more)
    try:
        rescue.reset(request.user, person, client=client_of(request), **form.cleaned_data)
    except TooMany as too_many:
        page = "accounts/support_reset.html"
        return _show(request, page, form, person, more=more, refusal=too_many)
    messages.success(request, gettext("Two-step verification of this person is reset."))
    return redirect(BACK, person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_support
@fresh()
@keeps(PauseForm)
def support_pause(request: SignedIn, person_id: int) -> HttpResponse:
    """Let a person log in by password until a set time: never staff, never oneself (K19)."""
    person = _allowed(request, person_id, rescue.PAUSE)
    form = PauseForm(request.POST or None)
    page, more = "accounts/support_pause.html", {"running": pauses.running_of(person)}
    if not form.is_valid():
        return _show(request, page, form, person, more=more)
    try:
        by, client = request.user, client_of(request)
        started = pauses.start(person, by=by, client=client, **form.cleaned_data)
    except TooMany as too_many:
        return _show(request, page, form, person, more=more, refusal=too_many)
    if not isinstance(started, Pause):
        form.add_error(None, NOT_PAUSED[started])
        return _show(request, page, form, person, more=more)
    messages.success(request, gettext("MFA is paused for this person."))
    return redirect(BACK, person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("phone")
@for_support
@fresh()
@keeps(NumberForm)
def support_number(request: SignedIn, person_id: int) -> HttpResponse:
    """Assign a number to a person: never to staff, and never to oneself (RV-05, "who")."""
    person = _allowed(request, person_id, rescue.NUMBER)
    form = NumberForm(request.POST or None, policy=person.mfa_policy)
    page, more = "accounts/support_number.html", {"phone": factors.phone_of(person)}
    if not form.is_valid():
        return _show(request, page, form, person, more={**more, "repaired": form.repaired})
    number, reason = form.cleaned_data["phone"], form.cleaned_data["reason"]
    by, client = request.user, client_of(request)
    try:
        changed = rescue.assign_number(by, person, number, reason=reason, client=client)
    except TooMany as too_many:
        return _show(request, page, form, person, more=more, refusal=too_many)
    if not changed:
        messages.warning(
            request, gettext("This person's account has just changed. Check it, then try again.")
        )
        return redirect("accounts:support_number", person.pk)
    messages.success(request, gettext("Number changed. It will be verified at the next login."))
    return redirect(BACK, person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_support
@fresh()
def support_sessions(request: SignedIn, person_id: int) -> HttpResponse:
    """Say what ends, then log the person out everywhere."""
    person = _allowed(request, person_id, rescue.RESCUE)
    if request.method != "POST":
        context = {"person": person, "sessions": revoke.sessions_of(person)}
        return render(request, "accounts/support_sessions.html", context)
    rescue.end_sessions(request.user, person, client=client_of(request))
    messages.success(request, gettext("The person was logged out everywhere."))
    return redirect(BACK, person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_support
@fresh()
@keeps(RecoveryForm)
def support_recovery(request: SignedIn, person_id: int) -> HttpResponse:
    """Start, refuse or shorten the wait after a lost phone: never of staff, never one's own."""
    person = _allowed(request, person_id, rescue.RESCUE)
    held = recoveries.open_of(person)
    form_class = RecoveryForm if held else ReasonForm
    form = form_class(request.POST or None)
    page, more = "accounts/support_recovery.html", {"held": held}
    if not form.is_valid():
        return _show(request, page, form, person, more=more)
    try:
        done = _recover(request, person, **form.cleaned_data)
    except TooMany as too_many:
        return _show(request, page, form, person, more=more, refusal=too_many)
    if not done:
        messages.warning(
            request, gettext("This request has just changed. Check it, then try again.")
        )
        return redirect("accounts:support_recovery", person.pk)
    messages.success(request, done)
    return redirect(BACK, person.pk)


def _recover(request: SignedIn, person: User, *, reason: str, act: str = "start") -> str:
    """Do one of the three, and return what to say, "" if it was not possible."""
    by, client = request.user, client_of(request)
    if act == "refuse":
        done = support.refuse_recovery(by, person, reason=reason, client=client)
        return gettext("The request is refused.") if done else ""
    if act == "shorten":
        done = support.shorten_recovery(by, person, reason=reason, client=client)
        return gettext("The wait ends in one hour.") if done else ""
    started = support.start_recovery(by, person, reason=reason, client=client)
    if isinstance(started, NotStarted):
        return ""
    return gettext("The wait has started. The person sees its end after their password.")


def _allowed(request: SignedIn, person_id: int, permission: str) -> User:
    person = opened(request, person_id)
    if not rescue.may_rescue(request.user, person, permission):
        raise PermissionDenied
    return person


def _show(
    request: SignedIn,
    template: str,
    form: ReasonForm,
    person: User,
    *,
    more: Mapping[str, object] | None = None,
    refusal: TooMany | None = None,
) -> HttpResponse:
    typed.fill(request, form)
    if refusal:
        form.add_error(None, HELPED_ENOUGH)
    context = {"form": form, "person": person, **(more or {})}
    return refused(render(request, template, context), refusal)
