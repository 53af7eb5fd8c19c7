"""Counters for the limits: `take(...)` counts or raises TooMany.

They are in the database, so all processes and machines share them and no cache can lose them.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from math import ceil
from operator import itemgetter

from django.db import connection, transaction
from django.utils import timezone

from mfa.limits.base import Limit, Use
from mfa.models import Counter

# A key and the number of a period
Bucket = tuple[str, int]
Row = tuple[str, int, Use]


# What `late_returns` still has to give back; None outside such a block
_owed: ContextVar[list[Bucket] | None] = ContextVar("owed", default=None)


class TooMany(Exception):
    """Over a limit until `until`. `over` are the uses that exceed it."""

    def __init__(self, until: datetime, over: tuple[Use, ...] = ()) -> None:
        """Store when the refusal ends, and which uses exceed their limits."""
        super().__init__(f"refused until {until.isoformat()}")
        self.until = until
        self.over = over


def take(uses: Iterable[Use], *, savepoint: bool = True) -> dict[Use, int]:
    """Count all uses, or count none and raise TooMany.

    Without a `savepoint`, a refusal rolls back the caller's transaction too.

    Returns how often each was counted in this period and the one before. The rows stay locked until
    the caller's transaction ends, so keep it short.
    """
    now = timezone.now()
    # Sort, because locking the same rows in different orders can deadlock.
    rows = sorted({(use.key, use.bucket(now), use) for use in uses}, key=itemgetter(0, 1))
    with transaction.atomic(savepoint=savepoint):
        counts = _change(_owed.get() or [], [(key, bucket) for key, bucket, _ in rows])
        _refuse(rows, counts, now)
    if _owed.get():
        _owed.set([])
    return {use: counts[key, bucket] + counts[key, bucket - 1] for key, bucket, use in rows}


def count(use: Use) -> None:
    """Count a use after `peek`. Parallel requests can exceed the limit by a few."""
    with transaction.atomic(durable=True):
        _change([], [(use.key, use.bucket(timezone.now()))])


def peek(*uses: Use) -> None:
    """Raise TooMany if one more use would exceed a limit. Counts nothing."""
    now = timezone.now()
    rows = [(use.key, use.bucket(now), use) for use in uses]
    counts = _counts(rows)
    counts |= {(key, bucket): counts.get((key, bucket), 0) + 1 for key, bucket, _ in rows}
    _refuse(rows, counts, now)


def is_first(use: Use) -> bool:
    """Count one use, and return whether it was within its limit."""
    try:
        take([use])
    except TooMany:
        return False
    return True


def used(uses: Collection[Use]) -> dict[Use, int]:
    """Return how much of each limit is used now, rounded up as a refusal would."""
    now = timezone.now()
    rows = [(use.key, use.bucket(now), use) for use in uses]
    counts = _counts(rows)
    return {
        use: ceil(
            weight(use.limit, now, counts.get((key, bucket), 0), counts.get((key, bucket - 1), 0))
        )
        for key, bucket, use in rows
    }


def give_back(uses: Iterable[Use], *, at: datetime) -> None:
    """Give back one of each use that was counted at a given time. Counts stay at 0 or above."""
    if buckets := [(use.key, use.bucket(at)) for use in uses]:
        _change(buckets, [])


@contextmanager
def late_returns() -> Iterator[None]:
    """Delay `give_back_late` until the next `take` in this block, or until its end."""
    token = _owed.set([])
    try:
        yield
    finally:
        owed = _owed.get()
        _owed.reset(token)
        if owed:
            _change(owed, [])


def give_back_late(uses: Iterable[Use], *, at: datetime) -> None:
    """Give back with the next `take` in a `late_returns` block, or now without one."""
    owed = _owed.get()
    if owed is None:
        give_back(uses, at=at)
    else:
        owed += [(use.key, use.bucket(at)) for use in uses]


def _refuse(rows: list[Row], counts: dict[Bucket, int], now: datetime) -> None:
    ends = {
        use: end
        for key, bucket, use in rows
        if (
            end := full_until(use.limit, now, counts[key, bucket], counts.get((key, bucket - 1), 0))
        )
    }
    if ends:
        raise TooMany(max(ends.values()), tuple(ends))


def weight(limit: Limit, now: datetime, count: int, before: int) -> float:
    """Return the weighted count of two periods in the window that ends now."""
    passed = now.timestamp() % limit.per.total_seconds()
    return count + before * (1 - passed / limit.per.total_seconds())


def full_until(limit: Limit, now: datetime, count: int, before: int) -> datetime | None:
    """Return until when the limit is exceeded, or None if it is not. `count` includes this use.

    The sliding window uses two periods: the earlier one counts by the share that the window still
    covers.
    """
    period = limit.per.total_seconds()
    start = now.timestamp() // period * period
    if weight(limit, now, count, before) <= limit.most:
        return None
    if count <= limit.most:
        return _moment(start + period * (1 - (limit.most - count) / before))
    return _moment(start + period * (1 + max(0.0, 1 - (limit.most - 1) / (count - 1))))


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, tz=UTC)


def _change(owed: list[Bucket], buckets: list[Bucket]) -> dict[Bucket, int]:
    """Subtract one from each owed bucket and add one to each other, in one statement.

    An UPDATE would lock its rows in any order. Returns the counts of these buckets and of those in
    the period before.
    """
    rows = sorted([*((*bucket, 0) for bucket in owed), *((*bucket, 1) for bucket in buckets)])
    values = ", ".join(["(%s, %s, %s)"] * len(rows))
    statement = (
        f"INSERT INTO mfa_counter (key, bucket, count) VALUES {values} "  # noqa: S608 placeholders only
        "ON CONFLICT (key, bucket) DO UPDATE SET count = CASE "
        "WHEN excluded.count = 1 THEN mfa_counter.count + 1 "
        "WHEN mfa_counter.count > 0 THEN mfa_counter.count - 1 ELSE 0 END "
        "RETURNING key, bucket, count, (SELECT last.count FROM mfa_counter AS last "
        "WHERE last.key = mfa_counter.key AND last.bucket = mfa_counter.bucket - 1)"
    )
    counts: dict[Bucket, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])
        for key, bucket, count, before in cursor.fetchall():
            counts |= {(key, bucket): count, (key, bucket - 1): before or 0}
    return counts


def _counts(rows: list[Row]) -> dict[Bucket, int]:
    """Return the existing counts of these buckets and of those in the period before."""
    keys = {key for key, _bucket, _use in rows}
    buckets = {near for _key, bucket, _use in rows for near in (bucket, bucket - 1)}
    wanted = Counter.objects.filter(key__in=keys, bucket__in=buckets)
    found = wanted.values_list("key", "bucket", "count")
    return {(key, bucket): count for key, bucket, count in found}
