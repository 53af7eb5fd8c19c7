"""Totals for the metrics, counted outside of requests from existing rows.

They cost a login nothing, count each row once, survive restarts and deleted rows, and only
increase. `count` reads the new rows by their primary key, one second at a time
(mfa.models.backlog), so its cost depends on what happened and not on the size of the tables.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import takewhile

import phonenumbers
from celery import shared_task
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from mfa.models import AuditEvent, Delivery, Event, Metric, backlog
from mfa.rules.methods import ChannelName

# A transaction that started earlier may commit a lower key later, but none takes this long.
SETTLED = timedelta(seconds=30)
# An attempt ends within 10 s, and the sweep closes the rows of a dead worker after 60 s.
ATTEMPTED = timedelta(seconds=75)
# A code is valid for 10 minutes at most. A later receipt means that the message came too late.
ARRIVED = timedelta(minutes=11)
# Rows per transaction, about 10 ms
BATCH = 2000
# Upper bounds in seconds. One is the 10 s in which a text should arrive.
BUCKETS = (1, 2, 5, 10, 30, 60, 120, 300, 600)
UNKNOWN = "ZZ"
STEPS = {
    Event.PASSWORD_RIGHT,
    Event.PASSWORD_WRONG,
    Event.CODE_SENT,
    Event.CODE_REFUSED,
    Event.CODE_RIGHT,
    Event.CODE_WRONG,
    Event.CODE_LATE,
    Event.LOGGED_IN,
    Event.SKIPPED,
}
WAITS = {Event.PASSWORD_SLOWED: "password", Event.LOCKED: "code"}
TAKEN = {Delivery.State.ACCEPTED, Delivery.State.SENT, Delivery.State.DELIVERED}

# A family of totals and its labels
Counted = tuple["Name", tuple[str, ...]]


class Name(StrEnum):
    """The families of totals. MARK stores how far each count has come."""

    LOGINS = "logins"
    WAITS = "waits"
    EVENTS = "events"
    SENDS = "sends"
    SECONDS = "seconds"
    SECONDS_SUM = "seconds_sum"
    MARK = backlog.MARK


@shared_task(name="mfa.tallies.count")
def count() -> None:
    """Add up the rows that have settled since the last time."""
    if step():
        backlog.go_on(count)


def step() -> bool:
    """Count for one second. Return whether more may be left."""
    more = backlog.step(
        partial(advance, "events", new_events, partial(_add_up, _of_events)),
        partial(advance, "attempts", _new_deliveries(ATTEMPTED), partial(_add_up, _of_attempts)),
        partial(advance, "arrivals", _new_deliveries(ARRIVED), partial(_add_up, _of_arrivals)),
    )
    now = {"value": int(timezone.now().timestamp())}
    Metric.objects.update_or_create(name=Name.MARK, words="at", defaults=now)
    return more


def read() -> dict[Name, dict[tuple[str, ...], int]]:
    """Return all totals: per family, labels to count."""
    kept: dict[Name, dict[tuple[str, ...], int]] = {name: {} for name in Name}
    for name, words, value in Metric.objects.values_list("name", "words", "value"):
        kept[Name(name)][tuple(words.split("|"))] = value
    return kept


Row = tuple[int, datetime, tuple[str, ...]]


def advance(
    mark: str,
    new: Callable[[int, datetime], Iterable[Row]],
    use: Callable[[list[Row]], None],
) -> bool:
    """Process one batch after the mark and move the mark in one transaction.

    Return if there was one.
    """
    with transaction.atomic():
        kept = backlog.lock(mark)
        rows = list(new(kept.value, timezone.now())) if kept else []
        use(rows)
        if rows:
            Metric.objects.filter(name=Name.MARK, words=mark).update(value=rows[-1][0])
    return bool(rows)


def _add_up(counted: Callable[[Row], Iterator[tuple[Counted, int]]], rows: list[Row]) -> None:
    sums: Counter[Counted] = Counter()
    for row in rows:
        for key, amount in counted(row):
            sums[key] += amount
    for (name, words), amount in sums.items():
        _add(name, "|".join(words), amount)


def _add(name: Name, words: str, amount: int) -> None:
    # The mark's lock excludes other workers, so the row cannot appear in between.
    if not Metric.objects.filter(name=name, words=words).update(value=F("value") + amount):
        Metric.objects.create(name=name, words=words, value=amount)


def new_events(behind: int, now: datetime) -> Iterable[Row]:
    """Return the settled events after a mark: name, channel, and why it was unusual."""
    rows = AuditEvent.objects.filter(pk__gt=behind).order_by("pk")
    found = rows.values_list("pk", "at", "event", "details__channel", "details__unusual")[:BATCH]
    settled = takewhile(lambda row: row[1] < now - SETTLED, found)
    return ((pk, at, (event, *(word or "" for word in words))) for pk, at, event, *words in settled)


def _of_events(row: Row) -> Iterator[tuple[Counted, int]]:
    event, channel, _unusual = row[2]
    if event not in Event:
        return
    yield (Name.EVENTS, (event,)), 1
    if event in STEPS:
        yield (Name.LOGINS, (event, channel if channel in list(ChannelName) else "")), 1
    if event in WAITS:
        yield (Name.WAITS, (WAITS[Event(event)],)), 1


def _new_deliveries(age: timedelta) -> Callable[[int, datetime], Iterable[Row]]:
    def new(behind: int, now: datetime) -> Iterable[Row]:
        rows = Delivery.objects.filter(pk__gt=behind).order_by("pk")
        found = rows.values_list("pk", "created_at", "finished_at", "channel", "target", "state")
        for pk, asked, finished, channel, target, state in takewhile(
            lambda row: row[1] < now - age, found[:BATCH]
        ):
            seconds = str((finished - asked).total_seconds()) if finished else ""
            yield pk, asked, (channel, _country(channel, target), state, seconds)

    return new


def _of_attempts(row: Row) -> Iterator[tuple[Counted, int]]:
    channel, country, state, _seconds = row[2]
    if not _is_known(channel, state):
        return
    outcome = Delivery.State.ACCEPTED if state in TAKEN else state
    yield (Name.SENDS, (channel, country, outcome)), 1


def _of_arrivals(row: Row) -> Iterator[tuple[Counted, int]]:
    """Count the seconds from creation to the last report about an accepted message."""
    channel, _country, state, seconds = row[2]
    if state not in TAKEN or not seconds or not _is_known(channel, state):
        return
    bucket = next((f"{bound}" for bound in BUCKETS if float(seconds) <= bound), "+Inf")
    yield (Name.SECONDS, (channel, state, bucket)), 1
    yield (Name.SECONDS_SUM, (channel, state)), round(float(seconds))


def _is_known(channel: str, state: str) -> bool:
    """Whether this version knows both words, because every label stays forever."""
    return channel in list(ChannelName) and state in Delivery.State


def _country(channel: str, target: str) -> str:
    """Return the region of the number, ZZ without one, "" for an email."""
    if channel != ChannelName.SMS:
        return ""
    try:
        number = phonenumbers.parse(target)
    except phonenumbers.NumberParseException:
        return UNKNOWN
    # Test numbers have no region, but their calling code has one.
    region = phonenumbers.region_code_for_number(number)
    region = region or phonenumbers.region_code_for_country_code(number.country_code or 0)
    return region if region.isalpha() else UNKNOWN
