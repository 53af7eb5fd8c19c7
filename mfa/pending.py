"""PendingLogin: what a session keeps between the password and the login."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Self

from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from mfa.models import Protected
from mfa.rules.steps import Aim, Proof

KEY = "mfa_pending"
# Long enough to find the phone and to wait for a slow text, short enough for a shared computer
LIFE = timedelta(minutes=15)


@dataclass(slots=True, kw_only=True)
class PendingLogin:
    """The password is proven, the code is open; the person is logged in only to step up (SS-08).

    `session_hash` dies with the password and with the epoch. `chosen` is a route's name.
    `refused_until` is the timestamp at which a refused code may be asked for again.
    """

    user: int
    session_hash: str
    start: float
    next: str
    nonce: str
    aim: str = Aim.LOGIN
    challenge: str = ""
    chosen: str = ""
    proof: str = Proof.NONE
    channel: str = ""
    refused_until: float = 0.0

    @classmethod
    def load(cls, session: SessionBase) -> Self | None:
        """Return the session's open login."""
        kept = session.get(KEY)
        return cls(**kept) if kept else None

    def save(self, session: SessionBase) -> None:
        """Keep this login in the session."""
        session[KEY] = asdict(self)

    def alive(self, user: Protected, now: datetime) -> bool:
        """Whether it is young, and the person active with the same password and epoch."""
        # A rotated secret key must not throw out who is just typing a code.
        hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
        return (
            user.is_active
            and now.timestamp() - self.start < LIFE.total_seconds()
            and any(constant_time_compare(self.session_hash, known) for known in hashes)
        )

    @staticmethod
    def drop(session: SessionBase) -> None:
        """Forget the session's open login."""
        session.pop(KEY, None)
