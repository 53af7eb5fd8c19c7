"""Rescues: what support does for a person who cannot log in (K10). The verbs take `actor` first."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from mfa import audit, factors, pauses, recoveries
from mfa.client import Client
from mfa.limits import counters, lockouts, table as limits
from mfa.limits.counters import TooMany
from mfa.messages import alerts, notices
from mfa.models import AbstractMfaUser, Event, Factor, Session
from mfa.sessions import devices, revoke

RESCUE, PAUSE, NUMBER = "mfa.rescue_person", "mfa.add_pause", "mfa.change_factor"
_LOCKOUTS = (lockouts.WRONG_PASSWORDS, lockouts.WRONG_CODES)
# Unrecognized devices share one count of failures, recognized ones have others.
_CLIENTS = [replace(audit.NOWHERE, known=count) for count in ("", *devices.COUNTS)]


class Identified(StrEnum):
    """How support identified the person."""

    IN_PERSON = "in_person"
    MANAGER = "manager"
    OTHER = "other"
    # A command on the server, run by its operator
    OPERATOR = "operator"


def may_rescue(actor: AbstractMfaUser, person: AbstractMfaUser, permission: str = RESCUE) -> bool:
    """Whether support may act: never on oneself, and never on staff (RV-06)."""
    return actor.pk != person.pk and not person.has_powers and actor.has_perm(permission)


def may_look_after(
    actor: AbstractMfaUser, person: AbstractMfaUser, permission: str = RESCUE
) -> bool:
    """Whether support or the person's manager may reset, write a number or end sessions (K10)."""
    if may_rescue(actor, person, permission):
        return True
    return actor.pk != person.pk and not person.has_powers and actor.looks_after(person)


def reset(
    actor: AbstractMfaUser | None,
    person: AbstractMfaUser,
    *,
    reason: str,
    identified: Identified,
    details: str = "",
    client: Client = audit.NOWHERE,
) -> None:
    """Remove all factors. A new one then needs the password and a code by email (RV-05).

    Sessions, unfinished logins, a pause, a skip and recognized devices end too. All numbers and
    the email address are notified. `actor` is None for the command. Raises PermissionDenied, and
    TooMany for an actor who helped ten people today.
    """
    with transaction.atomic():
        # A promotion takes the same lock: a person is reset before it or not at all.
        held = pauses.hold(person)
        if held.has_powers or (actor and not may_look_after(actor, held)):
            raise PermissionDenied
        if actor:
            counters.take([limits.RESCUES.of(str(actor.pk))])
        pauses.end_running(held, by=actor, client=client)
        numbers = notices.numbers_of(held) or [factors.last_number(held)]
        factors.rebind(held, stronger=False)
        recoveries.finish(held)
        Factor.objects.filter(user_id=held.pk).end()
        people = get_user_model().objects.filter(pk=held.pk)
        people.update(reset_at=timezone.now(), skipped_at=None)
        revoke.forget_devices(held)
        Session.objects.filter(user_id=held.pk).delete()
        by = {"by": actor.pk} if actor else {"command": "reset_mfa"}
        notices.tell(
            Event.FACTORS_RESET,
            held,
            client=client,
            numbers=numbers,
            not_me=True,
            reason=reason,
            identified=str(identified),
            details=details,
            **by,
        )
    if actor:
        alerts.warn_of_rescues(actor)


def assign_number(
    actor: AbstractMfaUser, person: AbstractMfaUser, number: str, *, reason: str, client: Client
) -> bool:
    """Assign a number, which the code of the next login proves. Return False after another change.

    Raises PermissionDenied, and TooMany for an actor who helped ten people today.
    """
    with transaction.atomic():
        # A promotion takes the same lock, as for `reset`.
        if not may_look_after(actor, pauses.hold(person), NUMBER):
            raise PermissionDenied
        counters.take([limits.RESCUES.of(str(actor.pk))])
        changed = factors.assign_phone(person, number, reason=reason, by=actor, client=client)
        transaction.set_rollback(not changed)
    if changed:
        alerts.warn_of_rescues(actor)
    return changed


def reopen(person: AbstractMfaUser, email: str) -> AbstractMfaUser:
    """Open a closed account with its owner's email address. Only a command on the server calls it.

    The attacker may know the password, so it stops working: the operator sets another.
    """
    held = pauses.hold(person)
    held.set_unusable_password()
    held.email, held.is_active = email, True
    held.email_changed_at = held.closed_at = None
    held.mailbox_proven_at = timezone.now()
    held.session_epoch += 1
    held.device_epoch += 1
    held.save()
    audit.record(Event.ACCOUNT_OPENED, held, command="breakglass")
    return held


def end_sessions(actor: AbstractMfaUser, person: AbstractMfaUser, *, client: Client) -> None:
    """Log the person out everywhere. Raises PermissionDenied."""
    if not may_look_after(actor, person):
        raise PermissionDenied
    revoke.end_all(person, by=actor, client=client)


def locked_until(person: AbstractMfaUser) -> datetime | None:
    """Return when the running lockout of the person ends, on any device; None without one."""
    ends = (person.wait_until, lockouts.latest_end(_LOCKOUTS, _subjects(person)))
    latest = max(filter(None, ends), default=None)
    return latest if latest and latest > timezone.now() else None


def unlock(actor: AbstractMfaUser, person: AbstractMfaUser, *, client: Client) -> bool:
    """End the lockouts that run now, and return whether there was one. Raises PermissionDenied.

    The count toward a hundred stays.
    """
    _demand(actor, person)
    if locked_until(person) is None:
        return False
    now = timezone.now()
    with transaction.atomic():
        lockouts.end(_LOCKOUTS, _subjects(person))
        get_user_model().objects.filter(pk=person.pk, wait_until__gt=now).update(wait_until=now)
        audit.record(Event.LOCKOUT_ENDED, person, client=client, by=actor.pk)
    return True


def end_pause(actor: AbstractMfaUser, person: AbstractMfaUser, *, client: Client) -> bool:
    """End the running pause, and return whether there was one. Raises PermissionDenied."""
    _demand(actor, person, PAUSE)
    pause = pauses.running_of(person)
    if pause:
        pauses.end(pause, person, by=actor, client=client)
    return pause is not None


def note_opening(actor: AbstractMfaUser, person: AbstractMfaUser, *, client: Client) -> None:
    """Count and record that staff opened a person's page, once an hour for each person.

    Alerts administrators about many different people within an hour. Raises TooMany.
    """
    if actor.pk == person.pk:
        return
    page = limits.PAGE_OF_PERSON.of(f"{actor.pk}:{person.pk}")
    pages = limits.PEOPLE_OPENED.of(str(actor.pk))
    try:
        number = counters.take([page, pages])[pages]
    except TooMany as too_many:
        if page in too_many.over:
            return
        raise
    audit.record(Event.SUPPORT_OPENED, person, client=client, by=actor.pk)
    if number >= limits.PEOPLE_OPENED_TOLD:
        alerts.warn_of_openings(actor)


def _subjects(person: AbstractMfaUser) -> list[str]:
    return [client.failures_of(lockouts.of_person(person.pk)) for client in _CLIENTS]


def _demand(actor: AbstractMfaUser, person: AbstractMfaUser, permission: str = RESCUE) -> None:
    if not may_rescue(actor, person, permission):
        raise PermissionDenied
