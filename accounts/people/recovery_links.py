"""The link in each notice of a lost phone: it stops the request, without a login (E13).

It is signed for one request, and works as long as the request is open.
"""

from datetime import timedelta

from django.core.signing import TimestampSigner

from accounts.people.links import Dead
from accounts.people.row_links import RowLink
from mfa.models.people import RESTS_AFTER_CHANGE, RIPE_LASTS
from mfa.models.recoveries import LINK, RecoveryRequest
from mfa.rules.policy import BOUNDS

__all__ = ["LINK", "address_of", "opened_by"]

_LINK = RowLink(
    "accounts:stop_recovery",
    signer=TimestampSigner(sep=".", salt="accounts.recovery_links"),
    # The longest that a request can be open
    life=max(BOUNDS["recovery_wait"][1], RESTS_AFTER_CHANGE) + RIPE_LASTS + timedelta(days=1),
)


def address_of(request: int | None) -> str | None:
    """Return the link that stops a request, or None if it ended."""
    if request is None or not RecoveryRequest.objects.filter(pk=request, ended_at=None).exists():
        return None
    return _LINK.address_of(request)


def opened_by(uid: str, token: str) -> RecoveryRequest | Dead:
    """Return the request that a link names, maybe an ended one, or why it opens nothing."""
    row = _LINK.row_of(uid, token)
    if isinstance(row, Dead):
        return row
    return RecoveryRequest.objects.select_related("user").filter(pk=row).first() or Dead.WRONG
