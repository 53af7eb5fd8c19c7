"""The audit: the only writer of its table, and the lookups."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models import QuerySet
from django.utils import timezone

from mfa import prepared
from mfa.client import Client
from mfa.models import AbstractMfaUser, AuditEvent, Event
from mfa.models.audit import ALARMING
from mfa.rules import base32

logger = logging.getLogger("mfa.audit")

# For events without a browser: a command, the worker
NOWHERE = Client(address="", browser="")
_WRITE = prepared.Insert(AuditEvent)
# The event that `joined` holds back
_held: ContextVar[AuditEvent | None] = ContextVar("held", default=None)
Details = dict[str, str | int | list[str]]


def record(
    event: Event,
    user: AbstractMfaUser | None,
    *,
    client: Client = NOWHERE,
    **details: str | int | list[str],
) -> AuditEvent:
    """Write one event to the table and the log. `details` hold no code and no full number."""
    row = _row(event, user, client, details)
    _write(row)
    return row


def record_each(
    event: Event, about: Iterable[tuple[AbstractMfaUser, Details]], *, client: Client = NOWHERE
) -> None:
    """Write one event for each person, in one statement."""
    rows = [_row(event, user, client, details) for user, details in about]
    if rows:
        _write(*rows)


@contextmanager
def joined(event: Event, user: AbstractMfaUser, *, client: Client) -> Iterator[AuditEvent]:
    """Write an event in one statement with the next one of this block, or at the block's end.

    Until then it has no id. If the next event belongs to a transaction, this one does too.
    """
    row = _row(event, user, client, {})
    token = _held.set(row)
    try:
        yield row
    finally:
        left = _held.get()
        _held.reset(token)
        if left is row:
            _write(row)


def _row(
    event: Event, user: AbstractMfaUser | None, client: Client, details: Details
) -> AuditEvent:
    actor = details.get("by")
    return AuditEvent(
        at=timezone.now(),
        event=event,
        user_id=user.pk if user else None,
        actor_id=actor if isinstance(actor, int) else None,
        address=client.address or None,
        browser=client.browser,
        details=details,
    )


def _write(*new: AuditEvent) -> None:
    held = _held.get()
    rows = [held, *new] if held else new
    _held.set(None)
    _WRITE(*rows)
    for written in rows:
        _log(written)


def _log(row: AuditEvent) -> None:
    # The row holds address and browser. The log names the row without them (LO-01, LO-02).
    logger.log(
        logging.WARNING if row.event in ALARMING else logging.INFO,
        "%s user=%s",
        row.event,
        row.user_id,
        extra={
            "event": str(row.event),
            "user": row.user_id,
            "method": row.details.get("channel"),
            "aal": row.details.get("aal"),
            "audit": row.pk,
        },
    )


def events_of(user: AbstractMfaUser) -> QuerySet[AuditEvent]:
    """Return the person's events, newest first."""
    return events_of_number(user.pk)


def events_of_number(number: int) -> QuerySet[AuditEvent]:
    """Return the events of a person, who may be deleted, newest first."""
    return AuditEvent.objects.filter(user_id=number).order_by("-at", "-pk")


def case_of(reference: str) -> AuditEvent | None:
    """Return the event of a support reference, or None if it is misheard or not a reference."""
    row = base32.number_in(reference)
    return None if row is None else AuditEvent.objects.filter(pk=row).first()
