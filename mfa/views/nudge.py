"""Answers to the nudge on the home page."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from mfa.client import moment_of
from mfa.factors.address import origin
from mfa.login import nudge
from mfa.login.guards import SignedIn
from mfa.models import AbstractMfaUser, Factor


def nudge_context(
    request: HttpRequest, user: AbstractMfaUser, held: list[Factor]
) -> dict[str, object]:
    """Return what the home page asks a person for who holds these factors, if anything."""
    now = moment_of(request)
    asked = nudge.nudge_of(user, held, session=request.session, now=now)
    return {"nudge": asked, "origin": origin(), **lost_context(user, held, now)} if asked else {}


def lost_context(user: AbstractMfaUser, held: list[Factor], now: datetime) -> dict[str, object]:
    """Return the person's only way to log in, and how they get back in without it (key11)."""
    only = nudge.only_way(user, held)
    if only is None:
        return {}
    contact = user.mfa_policy.contact
    return {"only_way": only, "way_back": nudge.way_without(user, now), "contact": contact}


@never_cache
@require_POST
def answer_nudge(request: SignedIn) -> HttpResponse:
    """Store "Not now" or "Don't ask again" for the person, and return home."""
    never = request.POST.get("answer") == "never"
    store = nudge.decline if never else nudge.put_off
    store(request.user, session=request.session, now=moment_of(request))
    return redirect(settings.LOGIN_REDIRECT_URL)


@never_cache
@require_POST
def note_nudge(request: SignedIn) -> HttpResponse:
    """Store that the browser shows the nudge. Its script sends this."""
    nudge.note_shown(request.user, session=request.session, now=moment_of(request))
    return HttpResponse(status=204)
