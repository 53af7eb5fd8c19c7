"""The link in each notice of a lost phone: it stops the request, without a login (E13).

It is signed for one request, and works as long as the request is open.
"""

from datetime import timedelta

from django.conf import settings
from django.core.signing import (
    BadSignature,
    SignatureExpired,
    TimestampSigner,
    b62_decode,
    b62_encode,
)
from django.urls import reverse

from accounts.people.links import Dead
from mfa.models.people import RESTS_AFTER_CHANGE, RIPE_LASTS
from mfa.models.recoveries import LINK, RecoveryRequest
from mfa.rules.policy import BOUNDS

__all__ = ["LINK", "address_of", "opened_by"]

PAGE = "accounts:stop_recovery"
# The longest that a request can be open
LIFE = max(BOUNDS["recovery_wait"][1], RESTS_AFTER_CHANGE) + RIPE_LASTS + timedelta(days=1)
_SIGNER = TimestampSigner(sep=".", salt="accounts.recovery_links")


def address_of(request: int | None) -> str | None:
    """Return the link that stops a request, or None if it ended."""
    if request is None or not RecoveryRequest.objects.filter(pk=request, ended_at=None).exists():
        return None
    uid = b62_encode(request)
    token = _SIGNER.sign(uid).removeprefix(f"{uid}.")
    return f"{settings.BASE_URL}{reverse(PAGE, args=[uid, token])}"


def opened_by(uid: str, token: str) -> RecoveryRequest | Dead:
    """Return the request that a link names, maybe an ended one, or why it opens nothing."""
    try:
        number = _SIGNER.unsign(f"{uid}.{token}", max_age=LIFE)
    except SignatureExpired:
        return Dead.EXPIRED
    except BadSignature:
        return Dead.WRONG
    requests = RecoveryRequest.objects.select_related("user")
    return requests.filter(pk=b62_decode(number)).first() or Dead.WRONG
