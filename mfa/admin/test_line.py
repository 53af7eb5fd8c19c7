"""The line of a test message: its state, and what is wrong in words for administrators."""

from collections.abc import Callable
from dataclasses import asdict, replace
from http import HTTPStatus

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from mfa import channels
from mfa.login import flow as flows
from mfa.login.guards import SignedIn
from mfa.messages import queue as deliveries
from mfa.models import Challenge, Delivery, Reason
from mfa.rules.routes import Purpose
from mfa.views.line import Line, line_of


def test_line(challenge: Challenge | None) -> Line | None:
    """Describe the newest message of a test."""
    if challenge is None or not (newest := deliveries.newest_of(challenge.user_id, challenge.pk)):
        return None
    said = {
        "masked": channels.masked(challenge.channel, challenge.target),
        "state": newest.get_state_display(),
    }
    words = gettext("Test message to the %(masked)s: %(state)s.") % said
    line = line_of(newest, timezone.now())
    return replace(line, words=f"{words} {_fault(newest, line)}".strip())


def status_of(purpose: Purpose) -> Callable[[SignedIn], HttpResponse]:
    """Return the view that tells a page's script the line of its own test."""

    @require_safe
    def status(request: SignedIn) -> HttpResponse:
        line = test_line(flows.apart(request, request.user, purpose).question)
        if line is None:
            return JsonResponse({}, status=HTTPStatus.NOT_FOUND)
        return JsonResponse(asdict(line))

    return status


def _fault(delivery: Delivery, line: Line) -> str:
    if delivery.state == Delivery.State.QUEUED and line.stuck:
        return gettext("No worker has taken it. Ask the operator to run manage.py doctor.")
    if not delivery.reason:
        return ""
    words = channels.get(delivery.channel).explain(Reason(delivery.reason), delivery.code)
    return capfirst(words)
