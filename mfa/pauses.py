"""Pauses: one person logs in by password alone for a time, and then no more (B15, K19)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from mfa import audit, notices
from mfa.models import Event, Pause, Protected, Session
from mfa.origin import Origin

# The design's: a day is enough to get a new phone, a week for a new card by post.
USUAL_HOURS, MOST_HOURS = 24, 7 * 24


def start(user: Protected, *, reason: str, hours: int, by: Protected) -> Pause:
    """Pause the second step of a person who is no staff; the mailbox and the phone are told."""
    now = timezone.now()
    until = now + timedelta(hours=hours)
    with transaction.atomic():
        pause = Pause.objects.create(user_id=user.pk, reason=reason, started_at=now, until=until)
        notices.tell(Event.PAUSED, user, reason=reason, hours=hours, by=by.pk)
    return pause


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


def rescues(user: Protected) -> bool:
    """Whether the person is let in from the machine itself: no other pause is for staff (K19)."""
    return user.is_staff and user.mfa_policy.paused


def end_of(user: Protected) -> datetime | None:
    """Return when the person's running pause ends."""
    running = Pause.objects.running(timezone.now()).filter(user_id=user.pk)
    newest = running.order_by("-until").first()
    return newest.until if newest else None
