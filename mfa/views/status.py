"""What became of the message that a code page waits for: read by its script, never written."""

from dataclasses import asdict
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mfa.challenges import Asking
from mfa.guards import SignedIn
from mfa.models import Delivery, Purpose
from mfa.pending import LIFE, PendingLogin
from mfa.views.line import line_of


@login_not_required
@never_cache
@require_safe
def status(request: HttpRequest) -> JsonResponse:
    """Tell a half signed-in person about their newest message: one look-up beside the session."""
    pending = PendingLogin.load(request.session)
    oldest = timezone.now().timestamp() - LIFE.total_seconds()
    if pending is None or pending.start <= oldest:
        return _nothing()
    return _newest(pending.user, pending.challenge)


@never_cache
@require_safe
def change_phone_status(request: SignedIn) -> JsonResponse:
    """The same for somebody who confirms another number."""
    asking = Asking.of(request.session, Purpose.CHANGE)
    return _newest(request.user.pk, asking.challenge)


def _newest(person: int, challenge: str) -> JsonResponse:
    if not challenge:
        return _nothing()
    sent = Delivery.objects.filter(user_id=person, challenge_id=challenge)
    newest = sent.order_by("-pk").first()
    return JsonResponse(asdict(line_of(newest, timezone.now()))) if newest else _nothing()


def _nothing() -> JsonResponse:
    """Say so as RFC 9457 has it (WB-06)."""
    return JsonResponse(
        {"title": gettext("No message is on its way."), "status": HTTPStatus.NOT_FOUND},
        status=HTTPStatus.NOT_FOUND,
        content_type="application/problem+json",
    )
