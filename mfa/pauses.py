"""Pauses: one person logs in by password alone for a time, and then no more (B15, K19)."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from mfa import audit, notices
from mfa.models import Event, Pause, Protected, Session
from mfa.origin import Origin

# The design's: a day is enough to get a new phone, a week for a new card by post.
USUAL_HOURS, MOST_HOURS = 24, 7 * 24


class Refusal(StrEnum):
    """Why no pause was started."""

    STAFF = "staff"


def start(user: Protected, *, reason: str, hours: int, by: Protected) -> Pause | Refusal:
    """Pause the second step of a person who is not staff; the mailbox and the phone are told.

    The lock is the one that promotion takes: a person is paused before it or not at all.
    """
    now = timezone.now()
    with transaction.atomic():
        if hold(user).has_powers:
            return Refusal.STAFF
        until = now + timedelta(hours=hours)
        pause = Pause.objects.create(user_id=user.pk, reason=reason, started_at=now, until=until)
        notices.tell(Event.PAUSED, user, reason=reason, hours=hours, by=by.pk)
    return pause


def break_glass(user: Protected, *, reason: str, minutes: int) -> Pause:
    """Let in whom the operator names, staff too: whoever calls this holds the machine."""
    now = timezone.now()
    until = now + timedelta(minutes=minutes)
    with transaction.atomic():
        pause = Pause.objects.create(
            user_id=user.pk, reason=reason, started_at=now, until=until, breakglass=True
        )
        notices.tell(Event.PAUSED, user, reason=reason, minutes=minutes)
    return pause


def hold(user: Protected) -> Protected:
    """Lock the person's row and read it again, for whoever pauses or promotes them."""
    people = get_user_model().objects.select_for_update(no_key=True)
    person: Protected = people.get(pk=user.pk)
    return person


def end(pause: Pause, user: Protected, *, by: Protected, origin: Origin) -> None:
    """End a pause early, and the sessions that it let in (K17)."""
    now = timezone.now()
    Pause.objects.filter(pk=pause.pk, until__gt=now).update(until=now)
    Session.objects.filter(user_id=user.pk, aal=1).delete()
    audit.record(Event.PAUSE_ENDED, user, origin=origin, by=by.pk)


def end_running(user: Protected, *, by: Protected, origin: Origin) -> None:
    """End what runs for somebody who becomes staff: a pause is never for them (K19)."""
    for pause in Pause.objects.running(timezone.now()).filter(user_id=user.pk):
        end(pause, user, by=by, origin=origin)


def lets_in(user: Protected) -> bool:
    """Whether it is a pause that keeps a login from asking: what it opens must not outlive it."""
    return user.mfa_policy.in_force and user.mfa_policy.paused


def rescues(user: Protected) -> bool:
    """Whether the operator lets the person in: no other pause is honored for staff (K19)."""
    return user.is_staff and user.mfa_policy.paused


def end_of(user: Protected) -> datetime | None:
    """Return when the pause ends that lets the person in."""
    honored = Pause.objects.honored(timezone.now()).filter(user_id=user.pk)
    newest = honored.order_by("-until").first()
    return newest.until if newest else None
