"""The events of a login's life: the only writer of their table."""

import logging

from django.db.models import QuerySet
from django.utils import timezone

from mfa.models import AuditEvent, Event, Protected
from mfa.origin import Origin

logger = logging.getLogger("mfa.audit")

# Where nobody's browser is behind an event: a command, the worker
NOWHERE = Origin(address="", browser="")
ALARMING = {Event.PAUSED, Event.FACTOR_DISABLED, Event.ALERTED, Event.TEXTS_RESTED}


def record(
    event: Event,
    user: Protected | None,
    *,
    origin: Origin = NOWHERE,
    **details: str | int | list[str],
) -> AuditEvent:
    """Write one event, to the table and to the log; `details` hold no code and no full number."""
    person = user.pk if user else None
    row = AuditEvent.objects.create(
        at=timezone.now(),
        event=event,
        user_id=person,
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
    return AuditEvent.objects.filter(user_id=user.pk).order_by("-at", "-pk")
