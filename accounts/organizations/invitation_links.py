"""The link of an invitation: signed, one use, 24 hours. It names the invitation and its round.

The worker derives it from the row when it sends the email. It holds no short name of the
organization, so it survives a new one (org7).
"""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner, b62_decode, b62_encode
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models.invitations import Invitation
from accounts.organizations.managers import may_invite

LINK = "invitation"
PAGE = "accounts:invitation"


class Closed(StrEnum):
    """Why a link opens no invitation."""

    # Cut or changed in transit
    WRONG = "wrong"
    EXPIRED = "expired"
    # A newer email has another link
    REPLACED = "replaced"
    ACCEPTED = "accepted"
    # Revoked, or its organization or inviter no longer stands behind it
    OFF = "off"


class _Signer(TimestampSigner):
    """Signs with the moment of the invitation, however late the email is sent."""

    def __init__(self, at: datetime | None = None) -> None:
        super().__init__(sep=".", salt="accounts.invitations")
        self.at = at

    def timestamp(self) -> str:
        return b62_encode(int(self.at.timestamp())) if self.at else super().timestamp()


def path_of(invitation: Invitation) -> str:
    """Return the path of the newest link."""
    uid = f"{b62_encode(invitation.pk)}-{b62_encode(invitation.round)}"
    token = _Signer(invitation.sent_at).sign(uid).removeprefix(f"{uid}.")
    return reverse(PAGE, args=[uid, token])


def address_of(number: int | None, *, target: str, at: datetime) -> str | None:
    """Return the link for an email requested at a time, or None if it would not be valid."""
    invitation = _rows().filter(pk=number or 0).first()
    if invitation is None or invitation.email != target or at < invitation.sent_at:
        return None
    if closed_because(invitation):
        return None
    return f"{settings.BASE_URL}{path_of(invitation)}"


def opened_by(uid: str, token: str, *, lock: bool = False) -> Invitation | Closed:
    """Return the invitation that a link opens, or why it opens none."""
    try:
        number, turn = map(b62_decode, _Signer().unsign(f"{uid}.{token}").split("-"))
    except (BadSignature, ValueError):
        return Closed.WRONG
    rows = _rows().select_for_update(of=("self",), no_key=True) if lock else _rows()
    invitation = rows.filter(pk=number).first()
    if invitation is None:
        return Closed.WRONG
    return closed_because(invitation, turn) or invitation


def closed_because(invitation: Invitation, turn: int | None = None) -> Closed | None:
    """Return why an invitation, or the link of one of its rounds, is not open; None if it is."""
    if turn is not None and turn != invitation.round:
        return Closed.REPLACED
    match invitation.state_at(timezone.now()):
        case Invitation.State.ACCEPTED:
            return Closed.ACCEPTED
        case Invitation.State.REVOKED:
            return Closed.OFF
        case Invitation.State.EXPIRED | Invitation.State.PREPARED:
            return Closed.EXPIRED
    return None if _is_backed(invitation) else Closed.OFF


def _is_backed(invitation: Invitation) -> bool:
    """Whether the organization is active and the inviter may still invite to it (org1)."""
    inviter, organization = invitation.inviter, invitation.organization
    return (
        inviter is not None
        and inviter.may_log_in
        and organization.is_active
        and may_invite(inviter, organization, invitation.role)
    )


def _rows() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("organization", "inviter")
