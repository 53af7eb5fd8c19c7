"""The link by which a person confirms that they talk to a helper, for ten minutes."""

from datetime import datetime

from django.conf import settings
from django.core.signing import (
    BadSignature,
    SignatureExpired,
    TimestampSigner,
    b62_decode,
    b62_encode,
)
from django.urls import reverse
from django.utils import timezone

from accounts.people.links import Dead
from mfa.models import OneTimePass
from mfa.models.passes import CONFIRM_LASTS, LINK

__all__ = ["LINK", "address_of", "opened_by"]

PAGE = "accounts:confirm_pass"
_SIGNER = TimestampSigner(sep=".", salt="accounts.pass_links")


def address_of(asked: int | None, *, at: datetime) -> str | None:
    """Return the link of an email that was requested at a time, or None if it is too late."""
    if asked is None or timezone.now() - at > CONFIRM_LASTS:
        return None
    uid = b62_encode(asked)
    token = _SIGNER.sign(uid).removeprefix(f"{uid}.")
    return f"{settings.BASE_URL}{reverse(PAGE, args=[uid, token])}"


def opened_by(uid: str, token: str) -> OneTimePass | Dead:
    """Return the helper's question that a link answers, or why it opens nothing."""
    try:
        number = _SIGNER.unsign(f"{uid}.{token}", max_age=CONFIRM_LASTS)
    except SignatureExpired:
        return Dead.EXPIRED
    except BadSignature:
        return Dead.WRONG
    known = OneTimePass.objects.select_related("user", "helper")
    asked = known.filter(pk=b62_decode(number)).first()
    if asked is None or asked.helper is None or asked.made_at:
        return Dead.WRONG
    return asked if asked.may_confirm(timezone.now()) or asked.confirmed_at else Dead.EXPIRED
