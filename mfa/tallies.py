"""Tallies: what metrics count, added up off the request from rows that are written anyway.

A login pays nothing for them, each row is counted once, and they outlive processes and the rows
themselves, so that what they say only ever rises. `count` reads what is new since the last time by
its primary key: bounded by what happened, not by what is kept, a second at a time (mfa.backlog).
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

from mfa import backlog
from mfa.models import AuditEvent, Delivery, Event, Tally
from mfa.rules.routes import ChannelName

# A transaction that began earlier may commit a lower key later: none takes this long.
SETTLED = timedelta(seconds=30)
# An attempt ends within 10 s, and the sweep closes what a dead worker left after 60 s.
ATTEMPTED = timedelta(seconds=75)
# A code lives 10 minutes at most: whatever a receipt says later, its message came too late.
ARRIVED = timedelta(minutes=11)
# Rows at once: some 10 ms, and one transaction
BATCH = 2000
# Upper bounds in seconds; one of them is the 10 s in which a text should be there.
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

# What is counted, and by which words
Counted = tuple["Name", tuple[str, ...]]


class Name(StrEnum):
    """The families of tallies; MARK keeps how far each count has come."""

    LOGINS = "logins"
    WAITS = "waits"
    EVENTS = "events"
    SENDS = "sends"
    SECONDS = "seconds"
    SECONDS_SUM = "seconds_sum"
    MARK = backlog.MARK


@shared_task(name="mfa.tallies.count")
def count() -> None:
    """Add up what has settled since the last time."""
    if step():
        backlog.go_on(count)


def step() -> bool:
    """Count for a second; say whether more may be left."""
    more = backlog.step(
        partial(advance, "events", new_events, partial(_add_up, _of_events)),
        partial(advance, "attempts", _new_deliveries(ATTEMPTED), partial(_add_up, _of_attempts)),
        partial(advance, "arrivals", _new_deliveries(ARRIVED), partial(_add_up, _of_arrivals)),
    )
    now = {"value": int(timezone.now().timestamp())}
    Tally.objects.update_or_create(name=Name.MARK, words="at", defaults=now)
    return more


def read() -> dict[Name, dict[tuple[str, ...], int]]:
    """Return all tallies: words to count, family by family."""
    kept: dict[Name, dict[tuple[str, ...], int]] = {name: {} for name in Name}
    for name, words, value in Tally.objects.values_list("name", "words", "value"):
        kept[Name(name)][tuple(words.split("|"))] = value
    return kept


Row = tuple[int, datetime, tuple[str, ...]]


def advance(
    mark: str,
    new: Callable[[int, datetime], Iterable[Row]],
    use: Callable[[list[Row]], None],
) -> bool:
    """Use one batch behind the mark and move it, at once or not at all; say if there was any."""
    with transaction.atomic():
        kept = backlog.lock(mark)
        rows = list(new(kept.value, timezone.now())) if kept else []
        use(rows)
        if rows:
            Tally.objects.filter(name=Name.MARK, words=mark).update(value=rows[-1][0])
    return bool(rows)


def _add_up(counted: Callable[[Row], Iterator[tuple[Counted, int]]], rows: list[Row]) -> None:
    sums: Counter[Counted] = Counter()
    for row in rows:
        for key, amount in counted(row):
            sums[key] += amount
    for (name, words), amount in sums.items():
        _add(name, "|".join(words), amount)


def _add(name: Name, words: str, amount: int) -> None:
    # The mark's lock keeps others away, so nobody makes the row in between.
    if not Tally.objects.filter(name=name, words=words).update(value=F("value") + amount):
        Tally.objects.create(name=name, words=words, value=amount)


def new_events(behind: int, now: datetime) -> Iterable[Row]:
    """Return the events behind a mark that have settled: the name, the channel, what is unusual."""
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
    """Seconds from asking to the last that was heard of a message that the provider took."""
    channel, _country, state, seconds = row[2]
    if state not in TAKEN or not seconds or not _is_known(channel, state):
        return
    bucket = next((f"{bound}" for bound in BUCKETS if float(seconds) <= bound), "+Inf")
    yield (Name.SECONDS, (channel, state, bucket)), 1
    yield (Name.SECONDS_SUM, (channel, state)), round(float(seconds))


def _is_known(channel: str, state: str) -> bool:
    """Whether both words are of this version: each label is one for ever."""
    return channel in list(ChannelName) and state in Delivery.State


def _country(channel: str, target: str) -> str:
    """Return the two letters of the number's region, ZZ where it has none, "" for a mail."""
    if channel != ChannelName.SMS:
        return ""
    try:
        number = phonenumbers.parse(target)
    except phonenumbers.NumberParseException:
        return UNKNOWN
    # Numbers that only tests may use are of no region, but their calling code is.
    region = phonenumbers.region_code_for_number(number)
    region = region or phonenumbers.region_code_for_country_code(number.country_code or 0)
    return region if region.isalpha() else UNKNOWN
