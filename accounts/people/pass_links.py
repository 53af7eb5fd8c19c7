"""The link by which a person confirms that they talk to a helper, for ten minutes."""

from datetime import datetime

from django.core.signing import TimestampSigner
from django.utils import timezone

from accounts.people.links import Dead
from accounts.people.row_links import RowLink
from mfa.models import OneTimePass
from mfa.models.passes import CONFIRM_LASTS, LINK

__all__ = ["LINK", "address_of", "opened_by"]

_LINK = RowLink(
    "accounts:confirm_pass",
    signer=TimestampSigner(sep=".", salt="accounts.pass_links"),
    life=CONFIRM_LASTS,
)


def address_of(asked: int | None, *, at: datetime) -> str | None:
    """Return the link of an email that was requested at a time, or None if it is too late."""
    if asked is None or timezone.now() - at > CONFIRM_LASTS:
        return None
    return _LINK.address_of(asked)


def opened_by(uid: str, token: str) -> OneTimePass | Dead:
    """Return the helper's question that a link answers, or why it opens nothing."""
    row = _LINK.row_of(uid, token)
    if isinstance(row, Dead):
        return row
    asked = OneTimePass.objects.select_related("user", "helper").filter(pk=row).first()
    if asked is None or asked.helper is None or asked.made_at:
        return Dead.WRONG
    if not asked.is_for(asked.user.email_changed_at):
        return Dead.WRONG
    return asked if asked.may_confirm(timezone.now()) or asked.confirmed_at else Dead.EXPIRED
