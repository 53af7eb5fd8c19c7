"""Authenticator apps: a new secret, its confirmation, and verification of codes."""

import secrets
from dataclasses import dataclass
from typing import Any, Self

from cryptography.fernet import InvalidToken
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa import audit, challenges
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.crypto import seal, unseal
from mfa.factors.binding import rebind
from mfa.factors.kind import Asked, Kind, Words
from mfa.factors.phone import numbers_of
from mfa.limits import counters, table as limits
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event, Factor, SitePolicy, Status
from mfa.rules import base32, totp
from mfa.rules.methods import ChannelName, Method
from mfa.sessions.proofs import text_of

KEY = "mfa_new_app"
# A phone, its successor, a tablet, and a device at work and at home. More are likely forgotten.
MOST_APPS = 5


@dataclass(frozen=True, slots=True)
class NewApp:
    """A secret that is shown until the person enters a code for it; 160 bits (TO-01)."""

    secret: bytes

    @classmethod
    def draw(cls, session: SessionBase) -> Self:
        """Draw a secret, and store it encrypted in the session. Nothing is added yet (EN-01)."""
        new = cls(secrets.token_bytes(totp.SECRET_BYTES))
        session[KEY] = seal(new.stored)
        return new

    @classmethod
    def load(cls, session: SessionBase) -> Self | None:
        """Return the secret shown in this session, or None if no key decrypts it."""
        sealed = text_of(session, KEY)
        try:
            return cls(base32.decode(unseal(sealed))) if sealed else None
        except (InvalidToken, ValueError):
            return None

    @staticmethod
    def drop(session: SessionBase) -> None:
        """Delete it from the session, after adding the app or canceling."""
        session.pop(KEY, None)

    @property
    def stored(self) -> str:
        """The secret as stored in the database, before encryption."""
        return base32.encode(self.secret)

    @property
    def text(self) -> str:
        """The secret for typing into an app, in groups of four."""
        return totp.text_of(self.secret)

    def address_for(self, user: AbstractMfaUser) -> str:
        """Return the content of the QR code."""
        return totp.address_of(self.secret, issuer=SitePolicy.brand().name, account=user.email)


def are_enough(user: AbstractMfaUser) -> bool:
    """Whether the person has the maximum number of apps. `add` prevents parallel additions."""
    apps = Factor.objects.usable().filter(user_id=user.pk, kind=Factor.Kind.APP)
    return apps.count() >= MOST_APPS


def add(
    user: AbstractMfaUser,
    new: NewApp,
    typed: str,
    *,
    name: str,
    client: Client,
    former: Factor | None = None,
) -> Result:
    """Add an app after a right code. That code cannot log in again (TO-01, TO-02).

    `former` is an app that the new one replaces: it ends in the same transaction (E12). Wrong codes
    count as at a login. The outcome is EXPIRED if another session changed the factors. Raises
    TooMany during a lockout.
    """
    with transaction.atomic():
        challenges.hold(user, client)
        now = timezone.now()
        step = totp.step_of(new.secret, typed, now=now.timestamp(), after=0)
        if step is None:
            tries_left = challenges.blame(user, Factor.objects.none(), client=client)
            outcome = Outcome.WRONG if tries_left else Outcome.LOCKED
            # The page shows this secret, so the first wrong code may tell of the clock.
            return Result(outcome, tries_left, drift=_drift(new.secret, typed, now.timestamp()))
        if not rebind(user):
            return Result(Outcome.EXPIRED)
        if former:
            mine = Factor.objects.not_revoked().filter(user_id=user.pk, kind=Factor.Kind.APP)
            mine.filter(pk=former.pk).become(Status.REVOKED)
        app = Factor.objects.create(
            user_id=user.pk,
            kind=Factor.Kind.APP,
            name=name,
            secret=new.stored,
            last_step=step,
            confirmed_at=now,
            address=client.address or None,
            browser=client.browser,
        )
        numbers = numbers_of(user)
        about: dict[str, Any] = {"factor": app.pk}
        if former:
            about["replaced"] = former.title
        notices.tell(Event.APP_ADDED, user, client=client, numbers=numbers, **about)
    return Result(Outcome.RIGHT)


def judge(
    user: AbstractMfaUser,
    app: Factor,
    typed: str,
    *,
    client: Client,
    own: int = 0,
    drifted: int = 0,
) -> Result:
    """Verify six digits, and use up their time step and all earlier ones.

    The clock of the phone is called wrong only after two of its codes in a row: `drifted` is the
    step of the first. After one, a guesser would learn a code that is valid in some minutes.

    Answers are verified one at a time, so one of several parallel right answers passes. The others
    are SPENT and not counted. Raises TooMany during a lockout.
    """
    with transaction.atomic():
        challenges.hold(user, client)
        mine = Factor.objects.usable().filter(pk=app.pk, user_id=user.pk)
        held = mine.first()
        # Anyone could compute the codes of an empty secret.
        if held is None or not held.readable:
            return Result(Outcome.EXPIRED)
        secret, now = base32.decode(held.secret), timezone.now().timestamp()
        step = totp.step_of(secret, typed, now=now, after=held.last_step)
        if step is not None:
            mine.update(last_step=step)
            challenges.forgive(user, held.pk, client=client, own=own, channel=ChannelName.APP)
            return Result(Outcome.RIGHT)
        if totp.step_of(secret, typed, now=now, after=0) is not None:
            if counters.is_first(limits.LATE_RECORDS.of(str(user.pk))):
                audit.record(Event.CODE_LATE, user, client=client)
            return Result(Outcome.SPENT)
        tries_left = challenges.blame(user, mine, client=client)
    drift = _drift(secret, typed, now)
    found = totp.step_at(now) + drift if drift else 0
    told = drift if 0 < drifted < found else 0
    outcome = Outcome.WRONG if tries_left else Outcome.LOCKED
    return Result(outcome, tries_left, drifted=found, drift=told)


def _drift(secret: bytes, typed: str, now: float) -> int:
    """Return by how many steps the clock that made a code is fast, or 0 for any other code."""
    step = totp.drifted_step_of(secret, typed, now=now)
    return 0 if step is None else step - totp.step_at(now)


def verify(
    user: AbstractMfaUser, factor: Factor | None, typed: str, *, client: Client, asked: Asked
) -> Result:
    """Verify six digits of the chosen app."""
    if factor is None:
        return Result(Outcome.EXPIRED)
    return judge(user, factor, typed, client=client, own=asked.own, drifted=asked.drifted)


KIND = Kind(
    method=Method.APP,
    verify=verify,
    enroll="mfa:enroll_app",
    add="mfa:add_app",
    notice="app",
    several=True,
    words=Words(
        label=_("Authenticator app"),
        asked=_("an authenticator app"),
        ready=_("Can get a code from the authenticator app."),
        by=_("by authenticator app"),
        logs_in=_("You log in with a code from your authenticator app."),
        backup=_("Backup: a code from your authenticator app."),
        choose=_("Code from the %(name)s"),
        out_of_order=_("Codes from authenticator apps are not available right now."),
        add=_("Add an authenticator app"),
        enroll=_("Authenticator app"),
        about=_("An app on your phone shows the codes. It works without signal."),
        enrolled=_("Your app is set up"),
        from_now_on=_("From now on your app shows the code each time you log in. Keep it at hand."),
        lost_title=_("Lost authenticator app"),
        lost=_("I no longer have this app"),
        found=_("Back: I have my app"),
    ),
)
