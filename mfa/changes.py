"""Changes of what protects everybody: each is audited and mailed to all who administer (S05)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from mfa import alerts, audit, channels, deliveries
from mfa.models import Event, Protected
from mfa.origin import Origin
from mfa.rules.routes import ChannelName

MESSAGE = "admin_change"


class Change(StrEnum):
    """What was changed: the mail's words go by it."""

    POLICY = "policy"
    MFA_ON = "mfa_on"
    MFA_OFF = "mfa_off"
    SMS_ENTERED = "sms_entered"
    SMS_DISCARDED = "sms_discarded"
    SMS_CONFIRMED = "sms_confirmed"
    POWERS = "powers"
    GROUP = "group"
    STAFF_RELEASED = "staff_released"
    STAFF_BOUND = "staff_bound"


class Difference(NamedTuple):
    """Powers by their names."""

    given: list[str]
    taken: list[str]


EVENTS = {
    Change.POLICY: Event.POLICY_CHANGED,
    Change.MFA_ON: Event.POLICY_CHANGED,
    Change.MFA_OFF: Event.POLICY_CHANGED,
    Change.SMS_ENTERED: Event.SMS_ENTERED,
    Change.SMS_DISCARDED: Event.SMS_DISCARDED,
    Change.SMS_CONFIRMED: Event.SMS_CONFIRMED,
    Change.POWERS: Event.POWERS_CHANGED,
    Change.GROUP: Event.GROUP_CHANGED,
    Change.STAFF_RELEASED: Event.STAFF_RELEASED,
    Change.STAFF_BOUND: Event.STAFF_BOUND,
}


def watchers() -> dict[int, Protected]:
    """Return all active superusers and administrators by their ids."""
    people = get_user_model().objects.filter(is_active=True)
    mighty = people.filter(Q(is_superuser=True) | Q(pk__in=alerts.administrators()))
    return {person.pk: person for person in mighty if isinstance(person, Protected)}


def tell(
    change: Change,
    *,
    by: Protected | None,
    origin: Origin = audit.NOWHERE,
    about: Protected | None = None,
    named: str = "",
    former: Mapping[int, Protected] | None = None,
    **facts: str | int | list[str],
) -> None:
    """Audit a change and mail it to everybody who administers now, or did so before it.

    `by` is None for a command on the machine. `about` is whose powers changed, `named` the email
    of an account that is deleted. `former` are the
    watchers from before the change, so that nobody is demoted in silence. `facts` hold codes,
    names and numbers, no sentences: each reader gets them in their own language.
    """
    actor = {"by": by.pk} if by and about else {}
    with transaction.atomic():
        audit.record(EVENTS[change], about or by, origin=origin, **actor, **facts)
        if channels.available(ChannelName.EMAIL):
            told = {"change": change, **_names(by, about, named), **facts}
            # Of a deleted account nothing can be kept, so nothing is sent.
            known = (
                get_user_model().objects.filter(pk__in=former or {}).values_list("pk", flat=True)
            )
            kept = {pk: former[pk] for pk in known} if former else {}
            for person in {**kept, **watchers()}.values():
                _mail(person, told)


def difference(before: Iterable[str], after: Iterable[str]) -> Difference | None:
    """Name what was given and what was taken; None where nothing changed."""
    old, new = set(before), set(after)
    return None if old == new else Difference(sorted(new - old), sorted(old - new))


def _names(by: Protected | None, about: Protected | None, named: str) -> dict[str, str]:
    return {"by": by.email if by else "", "about": about.email if about else named}


def _mail(person: Protected, told: Mapping[str, str | int | list[str]]) -> None:
    deliveries.queue(person, MESSAGE, channel=ChannelName.EMAIL, target=person.email, context=told)
