"""Endings: what ends a person's sessions, half logins included (SS-05, SS-06, SS-07)."""

from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import F, QuerySet
from django.utils import timezone

from mfa import audit
from mfa.models import Event, Protected, Session
from mfa.origin import Origin
from mfa.sessions import hash_of


def sessions_of(user: Protected) -> QuerySet[Session]:
    """Return the person's open logins, newest first."""
    mine = Session.objects.kept(timezone.now()).filter(user_id=user.pk, aal__gt=0)
    return mine.order_by("-started_at")


def end_one(user: Protected, public_id: str, *, origin: Origin) -> bool:
    """End one of the person's sessions; False when none of them has this id."""
    ids = [each.pk for each in sessions_of(user) if each.public_id == public_id]
    ended, _rows = Session.objects.filter(pk__in=ids).delete()
    if ended:
        audit.record(Event.SESSIONS_ENDED, user, origin=origin, number=ended)
    return bool(ended)


def end_others(user: Protected, acting: SessionBase, *, origin: Origin) -> int:
    """End all of the person's sessions but the acting one; return how many logins that were.

    All recognized devices are forgotten: `browsers.remember` keeps the acting one.
    """
    forget_devices(user)
    others = Session.objects.filter(user_id=user.pk).exclude(
        key_hash=hash_of(acting.session_key or "")
    )
    number = others.logged_in(timezone.now()).count()
    others.delete()
    audit.record(Event.SESSIONS_ENDED, user, origin=origin, number=number)
    return number


def forget_devices(user: Protected) -> None:
    """Let no browser count as one in which the person has logged in before."""
    people = get_user_model().objects.filter(pk=user.pk)
    people.update(device_epoch=F("device_epoch") + 1)
    user.refresh_from_db(fields=["device_epoch"])


def end_all(user: Protected, *, by: Protected, origin: Origin) -> None:
    """End every session of a person on somebody's behalf, those just opening too."""
    people = get_user_model().objects.filter(pk=user.pk)
    people.update(session_epoch=F("session_epoch") + 1)
    forget_devices(user)
    Session.objects.filter(user_id=user.pk).delete()
    audit.record(Event.SESSIONS_ENDED, user, origin=origin, by=by.pk)
