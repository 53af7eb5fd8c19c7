"""The activity as people read it: one entry per login, with its steps inside."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.paginator import Page
from django.db.models import QuerySet

from mfa.models import AuditEvent, Event
from mfa.models.audit import ACCEPTED, BINDING, DECLINED

# More than the events of one login, even with those of other browsers in between
AROUND = 100

# The events that end a login or a change, and the steps that lead to them
HEADS = {Event.LOGGED_IN, Event.STEPPED_UP, Event.PASSWORD_RESET} | (
    BINDING - {Event.NUMBER_ASSIGNED, Event.RECOVERY_CODES_MADE}
)
STEPS = {Event.PASSWORD_RIGHT, Event.CODE_SENT, Event.CODE_REFUSED} | ACCEPTED | DECLINED


@dataclass(slots=True)
class ActivityEntry:
    """An event, and the steps that led to it, newest first."""

    event: AuditEvent
    steps: list[AuditEvent] = field(default_factory=list)


def entries_of(events: Iterable[AuditEvent]) -> list[ActivityEntry]:
    """Fold events, newest first, into entries.

    A step belongs to the next login or change in the same browser, back to the right password.
    """
    entries: list[ActivityEntry] = []
    notes: dict[object, AuditEvent] = {}
    open_: dict[tuple[str | None, str], ActivityEntry] = {}
    for event in events:
        place = (event.address, event.browser)
        if event.event in STEPS and place in open_:
            open_[place].steps.append(event)
            if event.event == Event.PASSWORD_RIGHT:
                del open_[place]
            continue
        if event.event == Event.UNUSUAL_LOGIN and "login" in event.details:
            notes[event.details["login"]] = event
            continue
        entry = ActivityEntry(event)
        if note := notes.pop(event.pk, None):
            entry.steps.append(note)
        entries.append(entry)
        if event.event in HEADS:
            open_[place] = entry
    # Their logins are older than these events.
    entries += [ActivityEntry(note) for note in notes.values()]
    return entries


def entries_on(page: "Page[AuditEvent]", events: QuerySet[AuditEvent]) -> list[ActivityEntry]:
    """Return the entries of a page with all their steps, even from neighboring pages.

    An entry is on the page of its own event. `events` are those of all pages.
    """
    first, end = max(0, page.start_index() - 1), page.end_index()
    start = max(0, first - AROUND)
    around = list(events[start : end + AROUND])
    here = {event.pk for event in around[first - start : end - start]}
    return [entry for entry in entries_of(around) if entry.event.pk in here]
