"""The link in each notice of a lost phone: it stops the request, without a login (E13).

It is signed for one request, and works as long as the request is open. The link of a text is
another one: a finder of the phone reads it too.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core.signing import TimestampSigner

from accounts.people.links import Dead
from accounts.people.row_links import RowLink
from mfa.models.people import RESTS_AFTER_CHANGE, RIPE_LASTS
from mfa.models.recoveries import LINK, RecoveryRequest
from mfa.rules.policy import BOUNDS

__all__ = ["LINK", "Opened", "address_of", "opened_by"]

# A finder of the phone stops at most one request in this time.
QUIET = timedelta(days=7)
PAGE = "accounts:stop_recovery"
# The longest that a request can be open
LIFE = max(BOUNDS["recovery_wait"][1], RESTS_AFTER_CHANGE) + RIPE_LASTS + timedelta(days=1)
_MAILED = RowLink(PAGE, signer=TimestampSigner(sep=".", salt="accounts.recovery_links"), life=LIFE)
_TEXTED = RowLink(
    PAGE, signer=TimestampSigner(sep=".", salt="accounts.recovery_links.text"), life=LIFE
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The request that a link names, maybe an ended one. `by_text`: the link was in a text."""

    request: RecoveryRequest
    by_text: bool


def address_of(request: int | None, *, by_text: bool) -> str | None:
    """Return the link that stops a request, or None if it ended.

    Also None for a text to a phone whose finder may have stopped an earlier request.
    """
    if request is None:
        return None
    held = RecoveryRequest.objects.filter(pk=request, ended_at=None).first()
    if held is None or (by_text and _was_stopped_by_text(held)):
        return None
    return (_TEXTED if by_text else _MAILED).address_of(held.pk)


def opened_by(uid: str, token: str) -> Opened | Dead:
    """Return the request that a link names, or why it opens nothing."""
    row, by_text = _MAILED.row_of(uid, token), False
    if row is Dead.WRONG:
        row, by_text = _TEXTED.row_of(uid, token), True
    if isinstance(row, Dead):
        return row
    found = RecoveryRequest.objects.select_related("user").filter(pk=row).first()
    return Opened(found, by_text) if found else Dead.WRONG


def _was_stopped_by_text(request: RecoveryRequest) -> bool:
    """Whether an earlier request of the person was stopped by the link of a text."""
    texted = RecoveryRequest.objects.filter(
        user_id=request.user_id, outcome=RecoveryRequest.Outcome.TEXTED
    )
    return texted.filter(ended_at__gt=request.started_at - QUIET).exists()
