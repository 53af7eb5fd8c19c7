"""The nudge: at most once in 30 days, the home page asks for a passkey or for a second way.

"Not now" and "Don't ask again" are stored for the person, so they count on all devices (key12).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase

from mfa.login.step_up import WayBack
from mfa.models import AbstractMfaUser, Factor
from mfa.rules.methods import BESIDE_RESISTANT, FIRST, RESISTANT, ChannelName
from mfa.rules.routes import Purpose, routes_for

EVERY = timedelta(days=30)
# Set in a session that showed the nudge. It stays there until it is answered.
SHOWN = "mfa_nudge"


class Nudge(StrEnum):
    """What a person is asked for."""

    STRONGER = "stronger"
    SECOND_WAY = "second_way"


def nudge_of(
    user: AbstractMfaUser, held: list[Factor], *, session: SessionBase, now: datetime
) -> Nudge | None:
    """Return what to ask a person for who holds these factors, or None."""
    open_here = bool(session.get(SHOWN))
    if user.nudge_declined_at or not (open_here or is_due(user, now)):
        return None
    if not user.mfa_policy.asks:
        return None
    has_strong = any(factor.kind in RESISTANT for factor in held)
    if not (has_strong or user.mfa_policy.methods.isdisjoint(RESISTANT)):
        return Nudge.STRONGER
    return Nudge.SECOND_WAY if only_way(user, held) else None


def is_due(user: AbstractMfaUser, now: datetime) -> bool:
    """Whether the last nudge was long enough ago."""
    return user.nudged_at is None or user.nudged_at <= now - EVERY


def only_way(user: AbstractMfaUser, held: list[Factor]) -> Factor | None:
    """Return the factor without which the person cannot log in, or None.

    Recovery codes and a second factor of any kind are other ways (key11).
    """
    policy = user.mfa_policy
    refuses = policy.refuses_weaker([factor.kind for factor in held])
    methods = policy.methods.intersection(BESIDE_RESISTANT) if refuses else policy.methods
    ways = [factor for factor in held if factor.kind in methods]
    return ways[0] if policy.asks and len(ways) == 1 and ways[0].kind in FIRST else None


def way_without(user: AbstractMfaUser, now: datetime) -> WayBack:
    """Return how a person gets back in after losing the only way."""
    channels = frozenset(ChannelName(name) for name in settings.MFA_CHANNELS)
    mailbox = user.mailbox_at(now)
    recovers = routes_for(Purpose.RECOVER, user.mfa_policy, (), channels, mailbox=mailbox)
    return WayBack.EMAIL if recovers else WayBack.HELP


def note_shown(user: AbstractMfaUser, *, session: SessionBase, now: datetime) -> None:
    """Store that the person saw the nudge. Other sessions then wait for 30 days."""
    if is_due(user, now):
        _store(user, nudged_at=now)
        session[SHOWN] = True


def put_off(user: AbstractMfaUser, *, session: SessionBase, now: datetime) -> None:
    """Ask again in 30 days at the earliest."""
    session.pop(SHOWN, None)
    _store(user, nudged_at=now)


def decline(user: AbstractMfaUser, *, session: SessionBase, now: datetime) -> None:
    """Never ask again."""
    session.pop(SHOWN, None)
    _store(user, nudge_declined_at=now)


def _store(user: AbstractMfaUser, **values: datetime) -> None:
    get_user_model().objects.filter(pk=user.pk).update(**values)
