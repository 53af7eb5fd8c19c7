"""PendingLogin: what a session stores between the password and the login."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Self

from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from mfa.challenges import new_nonce
from mfa.models import AbstractMfaUser
from mfa.rules import kept
from mfa.rules.methods import ChannelName
from mfa.rules.routes import ENROLLED_EMAIL, Purpose
from mfa.rules.steps import Proof

KEY = "mfa_pending"
# Long enough to find a phone and to wait for a slow text, short enough for a shared computer
LIFE = timedelta(minutes=15)
# Time to think of a password, after the 15 minutes above
FORM_LIFE = timedelta(minutes=10)

# Purposes of a logged-in person besides a step-up. Each is stored under its own key.
APART = frozenset({Purpose.CHANGE, Purpose.TEST, Purpose.ACCOUNT})
ENTERING = frozenset({Purpose.LOGIN, Purpose.STEP_UP, Purpose.RESET})


@dataclass(slots=True, kw_only=True)
class PendingLogin:
    """A flow whose password is proven and whose code is open. Only a step-up has a login (SS-08).

    In a reset, an emailed link replaces the password. `session_hash` becomes invalid with a new
    password or epoch. `chosen` is a route's name, `asked_by` the channel of the challenge, and
    `case` the audit row of the start. `channel` is that of the answer, and `proved` what the
    session keeps of it (`Route.proof`). `refused_until` is the timestamp when a refused code can be
    requested again, `opened` that of the form for a new password. `binding`: the step-up is for
    adding a factor. `wrong_answers` counts those of this session, which a right answer takes back.
    `lost`: the person reported the factors lost. `mailbox_proven`: an emailed code was entered.
    `invited`: an administrator sent the link of this reset. `without_password`: a factor alone
    opened this login. `adds`: the new number does not replace another one.
    `drifted`: the time step of a code from an app whose clock is wrong.
    `by_pass`: a one-time pass from support was right.
    `by_recovery_email`: the link of this reset went to the recovery email.
    `trusts`: with the right code, the person chose to trust this browser.
    """

    user: int
    session_hash: str
    start: float
    next: str
    nonce: str
    purpose: str = Purpose.LOGIN
    binding: bool = False
    challenge: str = ""
    asked_by: str = ""
    chosen: str = ""
    proof: str = Proof.NONE
    channel: str = ""
    proved: str = ""
    refused_until: float = 0.0
    case: int = 0
    opened: float = 0.0
    lost: bool = False
    mailbox_proven: bool = False
    wrong_answers: int = 0
    invited: bool = False
    without_password: bool = False
    adds: bool = False
    drifted: int = 0
    trusts: bool = False
    by_pass: bool = False
    by_recovery_email: bool = False

    @classmethod
    def begin(
        cls, user: AbstractMfaUser, purpose: Purpose, now: datetime, *, binding: bool = False
    ) -> Self:
        """Return a new flow. Nothing is stored yet."""
        return cls(
            user=user.pk,
            session_hash=user.get_session_auth_hash(),
            start=now.timestamp(),
            next="",
            nonce=new_nonce(),
            purpose=purpose,
            binding=binding,
        )

    @classmethod
    def load(cls, session: SessionBase, purpose: Purpose = Purpose.LOGIN) -> Self | None:
        """Return the session's open login, step-up or reset, or its flow for `purpose`.

        Return None if another version of the portal stored it in a different form.
        """
        held = session.get(key_of(purpose))
        if not kept.fits(held, cls):
            return None
        pending = cls(**held)
        expected = {purpose} if purpose in APART else ENTERING
        return pending if pending.known and pending.purpose in expected else None

    @property
    def known(self) -> bool:
        """Whether this version knows each value."""
        return (
            self.proof in set(Proof)
            and {self.channel, self.asked_by} <= {"", *ChannelName}
            and self.proved in {"", *ChannelName, ENROLLED_EMAIL}
            and (not self.challenge or kept.is_uuid(self.challenge))
        )

    def save(self, session: SessionBase) -> None:
        """Store this flow in the session."""
        session[key_of(Purpose(self.purpose))] = dict(zip(_FIELDS, _VALUES(self), strict=True))

    def keep(self, session: SessionBase) -> None:
        """Store the changes, if this login is still open in the session."""
        if KEY in session:
            self.save(session)

    def alive(self, user: AbstractMfaUser, now: datetime) -> bool:
        """Whether it is recent, and the person is active with the same password and epoch."""
        return self.fits(user) and now.timestamp() - self.start < LIFE.total_seconds()

    def may_save(self, user: AbstractMfaUser, now: datetime) -> bool:
        """Whether this person's form for a new password is open (RV-02)."""
        age = now.timestamp() - self.opened
        return self.purpose == Purpose.RESET and age < FORM_LIFE.total_seconds() and self.fits(user)

    def fits(self, user: AbstractMfaUser) -> bool:
        """Whether this is the person, active and with the same password and epoch."""
        # A rotated secret key must not log people out while they type a code.
        hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
        return (
            user.may_log_in
            and user.pk == self.user
            and any(constant_time_compare(self.session_hash, known) for known in hashes)
        )

    @staticmethod
    def drop(session: SessionBase, purpose: Purpose = Purpose.LOGIN) -> None:
        """Delete the session's open flow."""
        session.pop(key_of(purpose), None)


_FIELDS = tuple(field.name for field in fields(PendingLogin))
_VALUES = attrgetter(*_FIELDS)


def key_of(purpose: Purpose) -> str:
    """Return the session key of a flow. Login, step-up and reset share one."""
    return f"mfa_{purpose}" if purpose in APART else KEY
