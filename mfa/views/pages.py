"""How the pages of this app are rendered: with a refusal, if there is one, as status 429."""

from collections.abc import Mapping
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from mfa.limits import TooMany
from mfa.models import Challenge, Protected
from mfa.views.question import question_of

TOO_MANY_REQUESTS = 429


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object],
    *,
    user: Protected,
    refusal: TooMany | None = None,
) -> HttpResponse:
    """Render a page; a refusal stands on it (M11) and says when to come back."""
    common = {
        "contact": user.mfa_policy.contact,
        "refused_until": refusal and refusal.until,
        "mfa_in_force": user.mfa_policy.in_force,
    }
    response = render(request, template, {**common, **context})
    if refusal:
        response.status_code = TOO_MANY_REQUESTS
        response["Retry-After"] = str(seconds_until(refusal.until))
    return response


def code_context(challenge: Challenge | None) -> dict[str, object]:
    """Return what every code page tells about its question."""
    question = question_of(challenge)
    return {"question": question, "failed_reason": question.failed_reason if question else ""}


def seconds_until(moment: datetime) -> int:
    """Return whole seconds from now, one at least."""
    return max(1, round((moment - timezone.now()).total_seconds()))
