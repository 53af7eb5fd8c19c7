"""Authenticator apps: a new secret, its confirmation, the codes."""

import base64
import secrets
from dataclasses import dataclass
from typing import Self

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone

from mfa import answers, audit, counters, factors, kept, limits, notices
from mfa.answers import Answer, Judgement
from mfa.encryption import seal, unseal
from mfa.models import Event, Factor, Protected
from mfa.origin import Origin
from mfa.rules import totp
from mfa.rules.routes import ChannelName

KEY = "mfa_new_app"
# A phone, its successor, a tablet, and a device at work and at home; more are forgotten, not used.
MOST_APPS = 5


@dataclass(frozen=True, slots=True)
class NewApp:
    """A secret that is shown until a code of it was entered; 160 bits (TO-01)."""

    secret: bytes

    @classmethod
    def draw(cls, session: SessionBase) -> Self:
        """Draw a secret, and keep it sealed in the session: nothing is bound yet (EN-01)."""
        new = cls(secrets.token_bytes(totp.SECRET_BYTES))
        session[KEY] = seal(new.stored)
        return new

    @classmethod
    def load(cls, session: SessionBase) -> Self | None:
        """Return the secret that this session has been shown; None where no key opens it."""
        sealed = kept.text_of(session, KEY)
        try:
            return cls(_secret(unseal(sealed))) if sealed else None
        except (InvalidToken, ValueError):
            return None

    @staticmethod
    def drop(session: SessionBase) -> None:
        """Forget it: it is bound, or not wanted."""
        session.pop(KEY, None)

    @property
    def stored(self) -> str:
        """The secret as columns hold it, before they encrypt it."""
        return base64.b32encode(self.secret).decode()

    @property
    def text(self) -> str:
        """The secret as one types it into an app, in fours."""
        return totp.text_of(self.secret)

    def address_for(self, user: Protected) -> str:
        """Return what the QR code holds."""
        return totp.address_of(self.secret, issuer=settings.PORTAL_NAME, account=user.email)


def are_enough(user: Protected) -> bool:
    """Whether the person has as many apps as anybody may; `add` lets no parallel one slip by."""
    apps = Factor.objects.usable().filter(user_id=user.pk, kind=Factor.Kind.APP)
    return apps.count() >= MOST_APPS


def add(user: Protected, new: NewApp, typed: str, *, name: str, origin: Origin) -> Judgement:
    """Bind an app that has shown a right code; that code logs in no more (TO-01, TO-02).

    Wrong codes count as they do at a login. EXPIRED when another session changed the factors
    first. Raises TooMany while the person has to wait.
    """
    with transaction.atomic():
        answers.hold(user, origin)
        now = timezone.now()
        step = totp.step_of(new.secret, typed, now=now.timestamp(), after=0)
        if step is None:
            tries_left = answers.blame(user, Factor.objects.none(), origin=origin)
            return Judgement(Answer.WRONG if tries_left else Answer.LOCKED, tries_left)
        if not factors.rebind(user):
            return Judgement(Answer.EXPIRED)
        Factor.objects.create(
            user_id=user.pk,
            kind=Factor.Kind.APP,
            name=name,
            secret=new.stored,
            last_step=step,
            confirmed_at=now,
            address=origin.address or None,
            browser=origin.browser,
        )
        phone = factors.phone_of(user)
        number = phone.target if phone else ""
        notices.tell(Event.APP_ADDED, user, origin=origin, old_number=number)
    return Judgement(Answer.RIGHT)


def judge(user: Protected, app: Factor, typed: str, *, origin: Origin, own: int = 0) -> Judgement:
    """Judge six digits, and use their time step up with all before it.

    Answers are judged one after the other, so of parallel right ones one passes; the others are
    SPENT and cost nothing. Raises TooMany while the person has to wait.
    """
    with transaction.atomic():
        answers.hold(user, origin)
        mine = Factor.objects.usable().filter(pk=app.pk, user_id=user.pk)
        held = mine.first()
        # Of an empty secret anybody could tell the codes.
        if held is None or not held.readable:
            return Judgement(Answer.EXPIRED)
        secret, now = _secret(held.secret), timezone.now().timestamp()
        step = totp.step_of(secret, typed, now=now, after=held.last_step)
        if step is not None:
            mine.update(last_step=step)
            answers.forgive(user, mine, origin=origin, own=own, channel=ChannelName.APP)
            return Judgement(Answer.RIGHT)
        if totp.step_of(secret, typed, now=now, after=0) is not None:
            if counters.is_first(limits.LATE_RECORDS.of(str(user.pk))):
                audit.record(Event.CODE_LATE, user, origin=origin)
            return Judgement(Answer.SPENT)
        tries_left = answers.blame(user, mine, origin=origin)
    return Judgement(Answer.WRONG if tries_left else Answer.LOCKED, tries_left)


def _secret(stored: str) -> bytes:
    return base64.b32decode(stored)
