"""The time left of a login, as JSON for the dialog that offers to stay logged in (SS-03)."""

from datetime import timedelta
from math import ceil

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mfa.login.guards import SignedIn
from mfa.models import AbstractMfaUser
from mfa.session_engine import SessionStore
from mfa.sessions.ends import Cause, End, end_of


@login_not_required
@never_cache
@require_safe
def time_left(request: HttpRequest) -> JsonResponse:
    """Return how long the login lasts. Asking does not extend it (S23)."""
    return _left(request)


@never_cache
@require_POST
def stay(request: SignedIn) -> JsonResponse:
    """Extend the idle timeout for a person who pressed "Stay logged in"."""
    if isinstance(request.session, SessionStore):
        request.session.touch(every=timedelta())
    return _left(request)


def _left(request: HttpRequest) -> JsonResponse:
    user = request.user
    end = end_of(request.session, user) if isinstance(user, AbstractMfaUser) else None
    left = int((end.at - timezone.now()).total_seconds()) if end else 0
    if end is None or left <= 0:
        return JsonResponse({"left": 0})
    return JsonResponse({"left": left, "final": end.final, "words": _words(end, left)})


def _words(end: End, left: int) -> str:
    minutes = ceil(left / 60)
    soon = ngettext(
        "You'll be logged out in about %d minute.",
        "You'll be logged out in about %d minutes.",
        minutes,
    )
    return f"{_why(end)} {soon % minutes}"


def _why(end: End) -> str:
    match end.cause:
        case Cause.IDLE:
            return gettext("You haven't used the portal for a while.")
        case Cause.PAUSE:
            return gettext("The pause of your two-step verification is about to end.")
        case Cause.LIFE:
            hours = round(end.life.total_seconds() / 3600)
            longest = ngettext(
                "You can stay logged in for at most %d hour.",
                "You can stay logged in for at most %d hours.",
                hours,
            )
            return longest % hours
