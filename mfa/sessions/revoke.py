"""Ending a person's sessions, with pending logins (SS-05, SS-06, SS-07)."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import F, QuerySet
from django.utils import timezone

from mfa import audit
from mfa.client import Client
from mfa.models import AbstractMfaUser, Event, Session
from mfa.session_engine import hash_of


def sessions_of(user: AbstractMfaUser) -> QuerySet[Session]:
    """Return the person's open logins, newest first."""
    mine = Session.objects.kept(timezone.now()).filter(user_id=user.pk, aal__gt=0)
    return mine.order_by("-started_at")


def end_one(user: AbstractMfaUser, public_id: str, *, client: Client) -> bool:
    """End one of the person's sessions. Return False if none has this id."""
    ids = [each.pk for each in sessions_of(user) if each.public_id == public_id]
    ended, _rows = Session.objects.filter(pk__in=ids).delete()
    if ended:
        audit.record(Event.SESSIONS_ENDED, user, client=client, number=ended)
    return bool(ended)


def end_others(user: AbstractMfaUser, acting: SessionBase, *, client: Client) -> int:
    """End all of the person's sessions except the acting one. Return the number of logins.

    All recognized devices are forgotten. `devices.remember` adds the acting one again.
    """
    forget_devices(user)
    others = Session.objects.filter(user_id=user.pk).exclude(
        key_hash=hash_of(acting.session_key or "")
    )
    number = others.logged_in(timezone.now()).count()
    others.delete()
    audit.record(Event.SESSIONS_ENDED, user, client=client, number=number)
    return number


def forget_devices(user: AbstractMfaUser) -> None:
    """Forget all devices on which the person logged in."""
    people = get_user_model().objects.filter(pk=user.pk)
    people.update(device_epoch=F("device_epoch") + 1)
    user.refresh_from_db(fields=["device_epoch"])


def end_all(user: AbstractMfaUser, *, by: AbstractMfaUser, client: Client) -> None:
    """End all sessions of a person for someone else, including logins in progress."""
    people = get_user_model().objects.filter(pk=user.pk)
    people.update(session_epoch=F("session_epoch") + 1)
    forget_devices(user)
    Session.objects.filter(user_id=user.pk).delete()
    audit.record(Event.SESSIONS_ENDED, user, client=client, by=by.pk)


def end_for(people: QuerySet[Any]) -> None:
    """End all sessions of many people in two statements, including logins in progress."""
    people.update(session_epoch=F("session_epoch") + 1)
    Session.objects.filter(user__in=people.values("pk")).delete()
