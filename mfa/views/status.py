"""The state of a code page's message, as JSON for its script."""

from dataclasses import asdict
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mfa.login.guards import SignedIn
from mfa.login.pending import LIFE, PendingLogin
from mfa.messages import queue as deliveries
from mfa.rules.routes import Purpose
from mfa.views.line import line_of


@login_not_required
@never_cache
@require_safe
def status(request: HttpRequest) -> JsonResponse:
    """Return the state of the newest message in a pending login, with one query."""
    pending = PendingLogin.load(request.session)
    oldest = timezone.now().timestamp() - LIFE.total_seconds()
    if pending is None or pending.start <= oldest:
        return _nothing()
    return _newest(pending.user, pending.challenge)


@never_cache
@require_safe
def change_phone_status(request: SignedIn) -> JsonResponse:
    """The same for a logged-in person who confirms another number."""
    pending = PendingLogin.load(request.session, Purpose.CHANGE)
    return _newest(request.user.pk, pending.challenge if pending else "")


def _newest(person: int, challenge: str) -> JsonResponse:
    if not challenge:
        return _nothing()
    newest = deliveries.newest_of(person, challenge)
    return JsonResponse(asdict(line_of(newest, timezone.now()))) if newest else _nothing()


def _nothing() -> JsonResponse:
    """Return a problem detail of RFC 9457 (WB-06)."""
    return JsonResponse(
        {"title": gettext("No message is on its way."), "status": HTTPStatus.NOT_FOUND},
        status=HTTPStatus.NOT_FOUND,
        content_type="application/problem+json",
    )
