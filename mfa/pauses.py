"""Pauses: a person logs in by password for a limited time (B15, K19)."""

from datetime import timedelta
from enum import StrEnum

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from mfa import audit
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.messages import alerts, notices
from mfa.models import AbstractMfaUser, Event, Pause, Session
from mfa.rules.policy import Policy

# From the design: a day is enough to get a new phone, a week for a SIM card by post.
USUAL_HOURS, MOST_HOURS = 24, 7 * 24


class Refusal(StrEnum):
    """Why no pause started."""

    STAFF = "staff"
    RUNNING = "running"


def start(
    user: AbstractMfaUser,
    *,
    reason: str,
    hours: int,
    by: AbstractMfaUser | None,
    client: Client = audit.NOWHERE,
) -> Pause | Refusal:
    """Pause the second step of a person who is not staff, and notify their email and phones.

    It takes the same lock as a promotion to staff, so a pause starts before a promotion or not at
    all. `by` is None for a command on the server. Raises TooMany if `by` has helped ten people
    today.
    """
    with transaction.atomic():
        if hold(user).has_powers:
            return Refusal.STAFF
        if running_of(user):
            return Refusal.RUNNING
        if by:
            counters.take([limits.RESCUES.of(str(by.pk))])
        pause = _begin(user, reason=reason, length=timedelta(hours=hours))
        until = pause.until.isoformat()
        who = {"by": by.pk} if by else {"command": "pause_mfa"}
        notices.tell(
            Event.PAUSED, user, client=client, reason=reason, hours=hours, until=until, **who
        )
    if by:
        alerts.warn_of_rescues(by)
    return pause


def break_glass(user: AbstractMfaUser, *, reason: str, minutes: int) -> Pause:
    """Let a person in, staff too. Only a command on the server calls this."""
    with transaction.atomic():
        hold(user)
        for running in _open_ones(user):
            end(running, user)
        pause = _begin(user, reason=reason, length=timedelta(minutes=minutes), breakglass=True)
        until = pause.until.isoformat()
        notices.tell(
            Event.PAUSED, user, reason=reason, minutes=minutes, until=until, command="breakglass"
        )
    return pause


def hold(user: AbstractMfaUser) -> AbstractMfaUser:
    """Lock the person's row and load it again, before a pause or a promotion."""
    people = get_user_model().objects.select_for_update(no_key=True)
    person: AbstractMfaUser = people.get(pk=user.pk)
    return person


def end(
    pause: Pause,
    user: AbstractMfaUser,
    *,
    by: AbstractMfaUser | None = None,
    client: Client = audit.NOWHERE,
) -> None:
    """End a pause early, with the sessions and pending logins that it let in (K17).

    Such a session stores its pause and opens nothing after the pause ends; see mfa.sessions.
    """
    now = timezone.now()
    mine = Pause.objects.filter(pk=pause.pk, ended_at=None, until__gt=now)
    if not mine.update(until=now, ended_at=now):
        return
    Session.objects.filter(pause=pause).delete()
    audit.record(Event.PAUSE_ENDED, user, client=client, **({"by": by.pk} if by else {}))


def end_running(user: AbstractMfaUser, *, by: AbstractMfaUser | None, client: Client) -> None:
    """End the pause of a person who becomes staff (K19), is reset (RV-05) or reports the pause."""
    for pause in _open_ones(user):
        end(pause, user, by=by, client=client)


def running_of(user: AbstractMfaUser) -> Pause | None:
    """Return the person's running pause, even if it does not apply to staff."""
    return _open_ones(user).first()


def honored_of(user: AbstractMfaUser) -> Pause | None:
    """Return the pause that lets the person in now."""
    return Pause.objects.honored(timezone.now()).filter(user_id=user.pk).first()


def lets_in(policy: Policy) -> bool:
    """Whether a pause is the reason that a login needs no second step. Its session ends with it."""
    return policy.in_force and policy.paused


def rescues(user: AbstractMfaUser, policy: Policy) -> bool:
    """Whether a command on the server lets the person in. Staff have no other pauses (K19)."""
    return user.is_staff and policy.paused


def _begin(
    user: AbstractMfaUser, *, reason: str, length: timedelta, breakglass: bool = False
) -> Pause:
    """Start the pause after closing the ended ones. Call it with the person's row locked."""
    now = timezone.now()
    over = Pause.objects.filter(user_id=user.pk, ended_at=None, until__lte=now)
    over.update(ended_at=F("until"))
    return Pause.objects.create(
        user_id=user.pk, reason=reason, started_at=now, until=now + length, breakglass=breakglass
    )


def _open_ones(user: AbstractMfaUser) -> QuerySet[Pause]:
    return Pause.objects.running(timezone.now()).filter(user_id=user.pk)
