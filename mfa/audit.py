"""The events of a login's life: the only writer of their table."""

import logging

from django.db.models import QuerySet
from django.utils import timezone

from mfa.models import AuditEvent, Event, Protected
from mfa.origin import Origin
from mfa.rules.digits import plain

logger = logging.getLogger("mfa.audit")

# Where nobody's browser is behind an event: a command, the worker
NOWHERE = Origin(address="", browser="")
# Crockford's base 32: no letter that sounds or looks like a digit
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
# A prime below 32 * 32: two letters that tell a misheard code from a right one
CHECK = 1021
ALARMING = {
    Event.PAUSED,
    Event.FACTOR_DISABLED,
    Event.ALERTED,
    Event.TEXTS_RESTED,
    Event.STAFF_RELEASED,
    Event.SMS_CONFIRMED,
}


def record(
    event: Event,
    user: Protected | None,
    *,
    origin: Origin = NOWHERE,
    **details: str | int | list[str],
) -> AuditEvent:
    """Write one event, to the table and to the log; `details` hold no code and no full number."""
    person = user.pk if user else None
    actor = details.get("by")
    row = AuditEvent.objects.create(
        at=timezone.now(),
        event=event,
        user_id=person,
        actor_id=actor if isinstance(actor, int) else None,
        address=origin.address or None,
        browser=origin.browser,
        details=details,
    )
    # The row has address and browser; the log names the row and stays without them (LO-01, LO-02).
    logger.log(
        logging.WARNING if event in ALARMING else logging.INFO,
        "%s user=%s",
        event,
        person,
        extra={
            "event": str(event),
            "user": person,
            "method": details.get("channel"),
            "aal": details.get("aal"),
            "audit": row.pk,
        },
    )
    return row


def events_of(user: Protected) -> QuerySet[AuditEvent]:
    """Return the person's events, newest first."""
    return events_of_number(user.pk)


def events_of_number(number: int) -> QuerySet[AuditEvent]:
    """Return the events of a person who may be deleted, newest first."""
    return AuditEvent.objects.filter(user_id=number).order_by("-at", "-pk")


def reference_of(row: int) -> str:
    """Name an event by a code that can be told over the phone, such as 0007-K3QM."""
    letters = _spell(row, 6) + _spell(row % CHECK, 2)
    return f"{letters[:-4]}-{letters[-4:]}"


def case_of(reference: str) -> AuditEvent | None:
    """Find the event that a code names; None for anything else, a misheard one included."""
    letters = plain(reference).upper().translate(ALIKE)
    if not 8 <= len(letters) <= 14 or not set(letters) <= set(LETTERS):  # noqa: PLR2004
        return None
    row, check = _read(letters[:-2]), _read(letters[-2:])
    return AuditEvent.objects.filter(pk=row).first() if row % CHECK == check else None


def _spell(number: int, least: int) -> str:
    letters = ""
    while number or len(letters) < least:
        number, digit = divmod(number, len(LETTERS))
        letters = LETTERS[digit] + letters
    return letters


def _read(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * len(LETTERS) + LETTERS.index(letter)
    return number
