"""Pauses: one person logs in by password alone for a time, and then no more (B15, K19)."""

from datetime import timedelta
from enum import StrEnum

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from mfa import alerts, audit, counters, limits, notices
from mfa.models import Event, Pause, Protected, Session
from mfa.origin import Origin

# The design's: a day is enough to get a new phone, a week for a new card by post.
USUAL_HOURS, MOST_HOURS = 24, 7 * 24


class Refusal(StrEnum):
    """Why no pause was started."""

    STAFF = "staff"
    RUNNING = "running"


def start(user: Protected, *, reason: str, hours: int, by: Protected | None) -> Pause | Refusal:
    """Pause the second step of a person who is not staff; the mailbox and the phone are told.

    The lock is the one that promotion takes: a person is paused before it or not at all. `by` is
    None for the operator, on the machine itself. Raises TooMany for a helper who has helped ten
    people today.
    """
    with transaction.atomic():
        if hold(user).has_powers:
            return Refusal.STAFF
        if running_of(user):
            return Refusal.RUNNING
        if by:
            counters.take([limits.RESCUES.of(str(by.pk))])
        pause = _begin(user, reason=reason, length=timedelta(hours=hours))
        if by:
            notices.tell(Event.PAUSED, user, reason=reason, hours=hours, by=by.pk)
        else:
            notices.tell(Event.PAUSED, user, reason=reason, hours=hours, command="pause_mfa")
    if by:
        alerts.warn_of_rescues(by)
    return pause


def break_glass(user: Protected, *, reason: str, minutes: int) -> Pause:
    """Let in the person that the operator names, staff too: only the machine calls this."""
    with transaction.atomic():
        hold(user)
        for running in _open_ones(user):
            end(running, user)
        pause = _begin(user, reason=reason, length=timedelta(minutes=minutes), breakglass=True)
        notices.tell(Event.PAUSED, user, reason=reason, minutes=minutes, command="breakglass")
    return pause


def hold(user: Protected) -> Protected:
    """Lock the person's row and read it again, before a pause or a promotion."""
    people = get_user_model().objects.select_for_update(no_key=True)
    person: Protected = people.get(pk=user.pk)
    return person


def end(
    pause: Pause, user: Protected, *, by: Protected | None = None, origin: Origin = audit.NOWHERE
) -> None:
    """End a pause early; what it let in ends with it, logins in flight too (K17).

    Such a session names its pause, and opens nothing after that: see mfa.sessions.
    """
    now = timezone.now()
    mine = Pause.objects.filter(pk=pause.pk, ended_at=None, until__gt=now)
    if not mine.update(until=now, ended_at=now):
        return
    Session.objects.filter(pause=pause).delete()
    audit.record(Event.PAUSE_ENDED, user, origin=origin, **({"by": by.pk} if by else {}))


def end_running(user: Protected, *, by: Protected, origin: Origin) -> None:
    """End what runs for somebody who becomes staff: a pause is never for them (K19)."""
    for pause in _open_ones(user):
        end(pause, user, by=by, origin=origin)


def running_of(user: Protected) -> Pause | None:
    """Return the person's running pause, whether or not it is honored."""
    return _open_ones(user).first()


def honored_of(user: Protected) -> Pause | None:
    """Return the pause that lets the person in now."""
    return Pause.objects.honored(timezone.now()).filter(user_id=user.pk).first()


def lets_in(user: Protected) -> bool:
    """Whether it is a pause that keeps a login from asking: what it opens must not outlive it."""
    return user.mfa_policy.in_force and user.mfa_policy.paused


def rescues(user: Protected) -> bool:
    """Whether the operator lets the person in: no other pause is honored for staff (K19)."""
    return user.is_staff and user.mfa_policy.paused


def _begin(user: Protected, *, reason: str, length: timedelta, breakglass: bool = False) -> Pause:
    """Start the one pause; those that are over make room first. Call it with the person held."""
    now = timezone.now()
    over = Pause.objects.filter(user_id=user.pk, ended_at=None, until__lte=now)
    over.update(ended_at=F("until"))
    return Pause.objects.create(
        user_id=user.pk, reason=reason, started_at=now, until=now + length, breakglass=breakglass
    )


def _open_ones(user: Protected) -> QuerySet[Pause]:
    return Pause.objects.running(timezone.now()).filter(user_id=user.pk)
