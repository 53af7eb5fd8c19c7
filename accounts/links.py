"""Links in mails: signed, short-lived, and dead once what they are for is done.

No table and no queue holds one: the worker derives it from the person's row when it sends the mail,
and each part of that row which the link may change is signed with it (RV-01).
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner, b62_encode
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode


class Link(StrEnum):
    """What a link opens."""

    # A person who forgot the password asked for it
    RESET = "reset"
    # An administrator sent it, to a new person for instance (PW-10)
    SET = "set"
    # It proves the mailbox that a person wants to move the account to
    EMAIL = "email"
    # The owner confirms the warning about wrong codes; its name stands in mfa.answers, too
    WARNING = "warning"


class Dead(StrEnum):
    """Why a link opens nothing."""

    # Cut or changed on its way: no link of ours has this form
    BROKEN = "broken"
    EXPIRED = "expired"
    # Used, replaced or changed: the signature of each is as wrong as that of the others
    WRONG = "wrong"


# The number of a person, and a moment with its signature, each in base 64
UID, TOKEN = r"[0-9A-Za-z_-]{1,32}", r"[0-9A-Za-z]{1,12}\.[0-9A-Za-z_-]{43}"
PARTS = re.compile(f"(?P<uid>{UID})/(?P<token>{TOKEN})(?![0-9A-Za-z_-])")
# NIST SP 800-63B-4, 4.2.1.2, allows 24 hours.
LIVES = {
    Link.RESET: timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
    Link.SET: timedelta(hours=24),
    Link.EMAIL: timedelta(minutes=60),
    # What it clears is forgotten a day after the last wrong code.
    Link.WARNING: timedelta(hours=24),
}
PAGES = {
    Link.RESET: "accounts:reset",
    Link.SET: "accounts:reset",
    Link.EMAIL: "accounts:confirm_email",
    Link.WARNING: "accounts:confirm_warning",
}


class Owner(Protocol):
    """What a link is tied to."""

    pk: int
    email: str
    new_email: str
    password: str
    session_epoch: int
    is_active: bool
    answers_confirmed_at: datetime | None


class _Signer(TimestampSigner):
    """Signs with the moment at which the mail was asked for, however late it is sent."""

    def __init__(self, link: Link, owner: Owner, at: datetime) -> None:
        state = f"{owner.password}:{owner.email}:{owner.session_epoch}:{_target(link, owner)}"
        if link is Link.WARNING:
            # Confirming ends it.
            state += f":{owner.answers_confirmed_at}"
        super().__init__(sep=".", salt=f"accounts.links.{link}:{state}")
        self.at = at

    def timestamp(self) -> str:
        return b62_encode(int(self.at.timestamp()))


def context_of(link: Link, owner: Owner) -> dict[str, str | int]:
    """Return what a delivery keeps of the link that it shall carry."""
    return {"link": link, "epoch": owner.session_epoch}


def address_of(
    link: Link, owner: Owner, *, target: str, at: datetime, epoch: int | None
) -> str | None:
    """Return the link of a mail that was asked for at a moment, in an epoch of its person.

    None where it would be dead on arrival, or where the mailbox is the person's no more; and where
    the person has ended all sessions since, for one of them may have been the thief's that asked.
    """
    same = target == _target(link, owner) and epoch == owner.session_epoch and owner.is_active
    if not same or timezone.now() - at > LIVES[link]:
        return None
    uid = urlsafe_base64_encode(force_bytes(owner.pk))
    token = _Signer(link, owner, at).sign(uid).removeprefix(f"{uid}.")
    return f"{settings.BASE_URL}{reverse(PAGES[link], args=[uid, token])}"


def _target(link: Link, owner: Owner) -> str:
    return owner.new_email if link is Link.EMAIL else owner.email


def why_dead(owner: Owner | None, uid: str, token: str) -> Dead:
    """Say why a link of the right form opens nothing, as far as its signature tells."""
    if owner and owner.is_active and any(_expired(link, owner, uid, token) for link in LIVES):
        return Dead.EXPIRED
    return Dead.WRONG


def _expired(link: Link, owner: Owner, uid: str, token: str) -> bool:
    try:
        _Signer(link, owner, timezone.now()).unsign(f"{uid}.{token}", max_age=LIVES[link])
    except SignatureExpired:
        return True
    except BadSignature:
        return False
    return False


def parts_of(tail: str) -> tuple[str, str] | None:
    """Find uid and token at the start of what follows a link's page; None for a broken link.

    Mail programs add a bracket, a quote, a full stop or a space: from the first sign on that no
    link has, the rest is dropped.
    """
    found = PARTS.match(tail)
    return (found["uid"], found["token"]) if found else None


def opened_by(owner: Owner, uid: str, token: str) -> Link | None:
    """Say what a link opens for this person; None for one that is dead or was never made."""
    if not owner.is_active:
        return None
    for link, life in LIVES.items():
        try:
            _Signer(link, owner, timezone.now()).unsign(f"{uid}.{token}", max_age=life)
        except BadSignature:
            continue
        return link
    return None
