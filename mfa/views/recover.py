"""The lost phone: a request that waits, with a clock, until the setup of a new phone (E13)."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mfa import recoveries, spans
from mfa.client import client_of
from mfa.limits.counters import TooMany
from mfa.login.flow import Flow
from mfa.login.guards import SignedIn, on_step
from mfa.models import AbstractMfaUser, RecoveryRequest
from mfa.recoveries import NotStarted
from mfa.rules.routes import Purpose
from mfa.rules.steps import Step
from mfa.sessions import devices
from mfa.views.mailbox import why_not_lost
from mfa.views.pages import show


@on_step(Step.ANSWER, Step.CHOOSE, Step.WAIT, Step.BLOCKED, Step.PROVE_MAILBOX)
@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Start a request after the right password, and show its clock. Never for staff."""
    if not may_ask(flow):
        return redirect("mfa:help")
    refusal = None
    if request.method == "POST":
        response = redirect("mfa:recover")
        marks = devices.mark(request, response, flow.user)
        try:
            recoveries.start(flow.user, client=flow.client, marks=marks)
        except TooMany as too_many:
            refusal = too_many
        else:
            return response
    with timezone.override(flow.user.zone):
        return show(request, "mfa/recover.html", _context(flow), user=flow.user, refusal=refusal)


@never_cache
@require_POST
def end_recovery(request: SignedIn) -> HttpResponse:
    """End the person's request: they have the phone again. The mailed link does so too."""
    recoveries.stop(request.user, RecoveryRequest.Outcome.FOUND, client=client_of(request))
    return redirect(f"{reverse('mfa:security')}?done=found")


def lost_phone(user: AbstractMfaUser, now: datetime) -> dict[str, object] | None:
    """Return the open request of a logged-in person and its clock, for the Security page."""
    if not user.phone_is_lost(now) or (held := recoveries.open_of(user, now)) is None:
        return None
    return {"held": held, "left": spans.left(held.ready_at), "ready": held.is_ripe(now)}


def may_ask(flow: Flow) -> bool:
    """Whether this flow is of a person with the password, who can have lost a phone."""
    return flow.purpose is Purpose.LOGIN and flow.facts.ever_bound


def _context(flow: Flow) -> dict[str, object]:
    # A person with powers has no request, also if it began before.
    held = None if flow.user.has_powers else recoveries.open_of(flow.user, flow.now)
    ripe = held is not None and held.is_ripe(flow.now)
    return {
        "state": _state(flow) if held is None else "ready" if ripe else "waiting",
        "held": held,
        "left": spans.left(held.ready_at) if held and not ripe else "",
        "hours": flow.user.mfa_policy.recovery_wait // recoveries.HOUR,
        "at_once": flow.facts.recovery_allowed and not ripe,
        "why_not": why_not_lost(flow),
    }


def _state(flow: Flow) -> str:
    """Return what a person without an open request can do."""
    if flow.user.has_powers:
        return str(NotStarted.STAFF)
    marks = devices.marks_of(flow.request)
    blocked = recoveries.is_blocked(flow.user, flow.client, marks)
    return str(NotStarted.BLOCKED) if blocked else "ask"
