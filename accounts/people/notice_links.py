"""The link “This wasn't me” of a notice: signed for one person and one event, for seven days.

An attacker changes the password and the email first, so neither change ends it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

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

LIFE = timedelta(days=7)
PAGE = "accounts:report"


@dataclass(frozen=True, slots=True)
class Named:
    """What a link names: a person and an event, by their numbers."""

    person: int
    event: int


class _Signer(TimestampSigner):
    """Signs with the moment of the notice, however late it is sent."""

    def __init__(self, at: datetime | None = None) -> None:
        super().__init__(sep=".", salt="accounts.notice_links")
        self.at = at

    def timestamp(self) -> str:
        return b62_encode(int(self.at.timestamp())) if self.at else super().timestamp()


def address_of(person: int, event: int, *, at: datetime) -> str:
    """Return the link of a notice that was asked for at a moment."""
    return f"{settings.BASE_URL}{path_of(person, event, at=at)}"


def path_of(person: int, event: int, *, at: datetime) -> str:
    """Return the path of the same page, for a redirect."""
    uid = f"{b62_encode(person)}-{b62_encode(event)}"
    token = _Signer(at).sign(uid).removeprefix(f"{uid}.")
    return reverse(PAGE, args=[uid, token])


def read(uid: str, token: str) -> Named | Dead:
    """Return what a link names, or why it opens nothing."""
    signed = f"{uid}.{token}"
    try:
        person, event = _Signer().unsign(signed, max_age=LIFE).split("-")
    except SignatureExpired:
        return Dead.EXPIRED
    except BadSignature:
        return Dead.WRONG
    return Named(b62_decode(person), b62_decode(event))
