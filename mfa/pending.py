"""PendingLogin: what a session keeps between the password and the login."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Self

from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from mfa import kept
from mfa.models import Protected
from mfa.rules.routes import ChannelName
from mfa.rules.steps import Aim, Proof

KEY = "mfa_pending"
# Long enough to find the phone and to wait for a slow text, short enough for a shared computer
LIFE = timedelta(minutes=15)
# Long enough to think of a password, after what may have taken the quarter of an hour above
FORM_LIFE = timedelta(minutes=10)


@dataclass(slots=True, kw_only=True)
class PendingLogin:
    """The password is proven, the code is open; the person is logged in only to step up (SS-08).

    To reset, a mailed link is proven instead of the password. `session_hash` dies with the
    password and with the epoch. `chosen` is a route's name,
    `asked_by` the channel of the challenge,
    `case` the audit's row of its start. `refused_until` is the timestamp at
    which a refused code may be asked for again, `opened` that of the form for a new password.
    `binding`: what is stepped up to binds a factor.
    `wrong_answers` are those of this session, which a right answer takes back.
    `lost`: the person says that the factors are; `mailbox_proven`: an emailed code was entered.
    """

    user: int
    session_hash: str
    start: float
    next: str
    nonce: str
    aim: str = Aim.LOGIN
    binding: bool = False
    challenge: str = ""
    asked_by: str = ""
    chosen: str = ""
    proof: str = Proof.NONE
    channel: str = ""
    refused_until: float = 0.0
    case: int = 0
    opened: float = 0.0
    lost: bool = False
    mailbox_proven: bool = False
    wrong_answers: int = 0

    @classmethod
    def load(cls, session: SessionBase) -> Self | None:
        """Return the session's open login; None for one that another version kept otherwise."""
        held = session.get(KEY)
        if not kept.fits(held, cls):
            return None
        pending = cls(**held)
        return pending if pending.known else None

    @property
    def known(self) -> bool:
        """Whether each value is one that this version has a meaning for."""
        return (
            self.aim in set(Aim)
            and self.proof in set(Proof)
            and {self.channel, self.asked_by} <= {"", *ChannelName}
            and (not self.challenge or kept.is_uuid(self.challenge))
        )

    def save(self, session: SessionBase) -> None:
        """Keep this login in the session."""
        session[KEY] = asdict(self)

    def alive(self, user: Protected, now: datetime) -> bool:
        """Whether it is young, and the person active with the same password and epoch."""
        return self.fits(user) and now.timestamp() - self.start < LIFE.total_seconds()

    def may_save(self, user: Protected, now: datetime) -> bool:
        """Whether the form for a new password is open (RV-02), and this is its person."""
        age = now.timestamp() - self.opened
        return self.aim == Aim.RESET and age < FORM_LIFE.total_seconds() and self.fits(user)

    def fits(self, user: Protected) -> bool:
        """Whether this is the person, active with the same password and epoch."""
        # A rotated secret key must not throw out who is just typing a code.
        hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
        return (
            user.is_active
            and user.pk == self.user
            and any(constant_time_compare(self.session_hash, known) for known in hashes)
        )

    @staticmethod
    def drop(session: SessionBase) -> None:
        """Forget the session's open login."""
        session.pop(KEY, None)
