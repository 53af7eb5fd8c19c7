"""When a login ends, and whether activity postpones the end (SS-03)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.sessions.backends.base import SessionBase

from mfa.models import AbstractMfaUser, Pause
from mfa.session_engine import ABOUT, SessionStore


class Cause(StrEnum):
    """What ends a login. Activity postpones only the first."""

    IDLE = "idle"
    LIFE = "life"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class End:
    """The end of a login if there is no activity until then."""

    at: datetime
    cause: Cause
    life: timedelta

    @property
    def final(self) -> bool:
        """Whether activity does not postpone it."""
        return self.cause is not Cause.IDLE


def end_of(session: SessionBase, user: AbstractMfaUser) -> End | None:
    """Return the end of a person's login, or None without one.

    Staff have the limits of today's policy if they are shorter, as at every request (SS-10).
    """
    about = session.get(ABOUT, {})
    if not isinstance(session, SessionStore) or "started_at" not in about or not session.seen_at:
        return None
    life, idle = timedelta(seconds=about["life"]), timedelta(seconds=about["idle"])
    if user.is_staff:
        policy = user.mfa_policy
        life, idle = min(life, policy.session_life), min(idle, policy.session_idle)
    ends = [
        (datetime.fromisoformat(about["started_at"]) + life, Cause.LIFE),
        (session.seen_at + idle, Cause.IDLE),
    ]
    paused = Pause.objects.filter(pk=about.get("pause_id") or 0).values_list("until", flat=True)
    if about.get("pause_id"):
        ends += [(until, Cause.PAUSE) for until in paused]
    at, cause = min(ends)
    return End(at, cause, life)
