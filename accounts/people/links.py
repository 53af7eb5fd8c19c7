"""Links in emails: signed, short-lived, and invalid after use.

No table and no queue stores one. The worker derives it from the person's row when it sends the
email, and signs the parts of the row that the link can change (RV-01).
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
    """What a link is for."""

    # Requested by a person who forgot the password
    RESET = "reset"
    # The same, sent to the recovery email
    RESET_BY_RECOVERY = "reset_by_recovery"
    # Sent by an administrator, for instance to a new person (PW-10)
    SET = "set"
    # Proves the new email address of an account
    EMAIL = "email"
    # Proves a second address, for notices and recovery (RV-08)
    RECOVERY_EMAIL = "recovery_email"
    # Confirms the warning about wrong codes; mfa.challenges.verify uses the same name
    WARNING = "warning"


class Dead(StrEnum):
    """Why a link does not work."""

    # Cut or changed in transit: no link of ours has this format
    BROKEN = "broken"
    EXPIRED = "expired"
    # Used, replaced or changed: their signatures are all wrong in the same way
    WRONG = "wrong"


# A person's id, and a time with its signature, each in base 64
UID, TOKEN = r"[0-9A-Za-z_-]{1,32}", r"[0-9A-Za-z]{1,12}\.[0-9A-Za-z_-]{43}"
PARTS = re.compile(f"(?P<uid>{UID})/(?P<token>{TOKEN})(?![0-9A-Za-z_-])")
# NIST SP 800-63B-4, 4.2.1.2, allows 24 hours.
LIVES = {
    Link.RESET: timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
    Link.RESET_BY_RECOVERY: timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
    Link.SET: timedelta(hours=24),
    Link.EMAIL: timedelta(minutes=60),
    Link.RECOVERY_EMAIL: timedelta(minutes=60),
    # The counts that it clears expire a day after the last wrong code.
    Link.WARNING: timedelta(hours=24),
}
PAGES = {
    Link.RESET: "accounts:reset",
    Link.RESET_BY_RECOVERY: "accounts:reset",
    Link.SET: "accounts:reset",
    Link.EMAIL: "accounts:confirm_email",
    Link.RECOVERY_EMAIL: "accounts:confirm_recovery_email",
    Link.WARNING: "accounts:confirm_warning",
}


class Owner(Protocol):
    """What a link depends on."""

    pk: int
    email: str
    new_email: str
    recovery_email: str
    new_recovery_email: str
    password: str
    session_epoch: int
    answers_confirmed_at: datetime | None

    @property
    def may_log_in(self) -> bool:
        """Whether the account can be used."""


class _Signer(TimestampSigner):
    """Signs with the time when the email was requested, however late it is sent."""

    def __init__(self, link: Link, owner: Owner, at: datetime) -> None:
        state = f"{owner.password}:{owner.email}:{owner.session_epoch}:{_target(link, owner)}"
        if link is Link.WARNING:
            # Confirming invalidates it.
            state += f":{owner.answers_confirmed_at}"
        super().__init__(sep=".", salt=f"accounts.links.{link}:{state}")
        self.at = at

    def timestamp(self) -> str:
        return b62_encode(int(self.at.timestamp()))


def context_of(link: Link, owner: Owner) -> dict[str, str | int]:
    """Return what a delivery stores about its link."""
    return {"link": link, "epoch": owner.session_epoch}


def address_of(
    link: Link, owner: Owner, *, target: str, at: datetime, epoch: int | None
) -> str | None:
    """Return the link of an email that was requested at a time and in an epoch.

    Return None if it would have expired, or if the address changed. Also None if the person has
    ended all sessions since, because an attacker's session may have requested it.
    """
    same = target == _target(link, owner) and epoch == owner.session_epoch and owner.may_log_in
    if not same or timezone.now() - at > LIVES[link]:
        return None
    uid = urlsafe_base64_encode(force_bytes(owner.pk))
    token = _Signer(link, owner, at).sign(uid).removeprefix(f"{uid}.")
    return f"{settings.BASE_URL}{reverse(PAGES[link], args=[uid, token])}"


def _target(link: Link, owner: Owner) -> str:
    match link:
        case Link.RECOVERY_EMAIL:
            return owner.new_recovery_email
        case Link.RESET_BY_RECOVERY:
            return owner.recovery_email
        case Link.EMAIL:
            return owner.new_email
        case _:
            return owner.email


def why_dead(owner: Owner | None, uid: str, token: str) -> Dead:
    """Return why a link of the right format does not work, as far as its signature shows."""
    if owner and owner.may_log_in and any(_expired(link, owner, uid, token) for link in LIVES):
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
    """Return uid and token at the start of the text after a link's page, or None.

    Mail programs append a bracket, a quote, a full stop or a space. Everything from the first
    character that no link contains is ignored.
    """
    found = PARTS.match(tail)
    return (found["uid"], found["token"]) if found else None


def opened_by(owner: Owner, uid: str, token: str) -> Link | None:
    """Return what a link opens for this person, or None if it is not valid."""
    if not owner.may_log_in:
        return None
    for link, life in LIVES.items():
        try:
            _Signer(link, owner, timezone.now()).unsign(f"{uid}.{token}", max_age=life)
        except BadSignature:
            continue
        return link
    return None
