"""Changes of security settings: each is audited and emailed to all administrators (S05)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from mfa import audit, channels
from mfa.client import Client
from mfa.messages import alerts, queue as deliveries
from mfa.models import AbstractMfaUser, Event
from mfa.rules.methods import ChannelName

MESSAGE = "admin_change"


class Change(StrEnum):
    """What was changed. It selects the words of the email."""

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
    """Permissions by their names."""

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


def watchers() -> dict[int, AbstractMfaUser]:
    """Return all active superusers and administrators by their ids."""
    people = get_user_model().objects.filter(is_active=True)
    mighty = people.filter(Q(is_superuser=True) | Q(pk__in=alerts.administrators()))
    return {person.pk: person for person in mighty if isinstance(person, AbstractMfaUser)}


def tell(
    change: Change,
    *,
    by: AbstractMfaUser | None,
    client: Client = audit.NOWHERE,
    about: AbstractMfaUser | None = None,
    named: str = "",
    former: Mapping[int, AbstractMfaUser] | None = None,
    **facts: str | int | list[str],
) -> None:
    """Audit a change and email it to all administrators from before and after it.

    `by` is None for a command on the server. `about` is the person whose permissions changed,
    `named` the email address of a deleted account. `former` are the administrators before the
    change, so that someone who loses the role is notified too. `facts` hold codes, names and
    numbers but no sentences, because each reader gets the email in their own language.
    """
    actor = {"by": by.pk} if by and about else {}
    with transaction.atomic():
        audit.record(EVENTS[change], about or by, client=client, **actor, **facts)
        if channels.available(ChannelName.EMAIL):
            told = {"change": change, **_names(by, about, named), **facts}
            # A deleted account cannot have rows, so it gets no email.
            known = (
                get_user_model().objects.filter(pk__in=former or {}).values_list("pk", flat=True)
            )
            kept = {pk: former[pk] for pk in known} if former else {}
            for person in {**kept, **watchers()}.values():
                _mail(person, told)


def difference(before: Iterable[str], after: Iterable[str]) -> Difference | None:
    """Return what was added and what was removed, or None if nothing changed."""
    old, new = set(before), set(after)
    return None if old == new else Difference(sorted(new - old), sorted(old - new))


def _names(by: AbstractMfaUser | None, about: AbstractMfaUser | None, named: str) -> dict[str, str]:
    return {"by": by.email if by else "", "about": about.email if about else named}


def _mail(person: AbstractMfaUser, told: Mapping[str, str | int | list[str]]) -> None:
    deliveries.queue(person, MESSAGE, channel=ChannelName.EMAIL, target=person.email, context=told)
