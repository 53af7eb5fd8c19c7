"""Counters of what is limited: take(...) or TooMany.

They live in the database, so that all processes and machines share them and no cache can lose them.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from math import ceil
from operator import itemgetter

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from mfa.limits import Limit, Use
from mfa.models import Counter

# A key and a running number of its time
Bucket = tuple[str, int]
Row = tuple[str, int, Use]


class TooMany(Exception):
    """A refusal that ends by itself at `until`; `over` are the uses that were one too many."""

    def __init__(self, until: datetime, over: tuple[Use, ...] = ()) -> None:
        """Keep the end of the refusal, and whose it is."""
        super().__init__(f"refused until {until.isoformat()}")
        self.until = until
        self.over = over


def take(uses: Iterable[Use]) -> None:
    """Count all uses at once, or none and raise TooMany.

    The row locks last as long as the caller's transaction: keep that short.
    """
    now = timezone.now()
    # Sorted, since two that lock the same rows in different order deadlock.
    rows = sorted({(use.key, use.bucket(now), use) for use in uses}, key=itemgetter(0, 1))
    # A refusal undoes this block alone.
    with transaction.atomic():
        counts = _add_one([(key, bucket) for key, bucket, _ in rows])
        _refuse(rows, counts, now)


def count(use: Use) -> None:
    """Count one use that was peeked at before; parallel ones may overshoot by what is in flight."""
    with transaction.atomic(durable=True):
        _add_one([(use.key, use.bucket(timezone.now()))])


def peek(*uses: Use) -> None:
    """Raise TooMany if one more would be, and count nothing."""
    now = timezone.now()
    rows = [(use.key, use.bucket(now), use) for use in uses]
    counts = _counts(rows)
    counts |= {(key, bucket): counts.get((key, bucket), 0) + 1 for key, bucket, _ in rows}
    _refuse(rows, counts, now)


def is_first(use: Use) -> bool:
    """Count one use, and say whether it was still under its limit."""
    try:
        take([use])
    except TooMany:
        return False
    return True


def used(uses: Collection[Use]) -> dict[Use, int]:
    """Return how much of each is used up now, rounded up as a refusal would see it."""
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
    """Take back one use each that was counted at a moment; never below nothing."""
    for key, bucket in sorted((use.key, use.bucket(at)) for use in uses):
        counted = Counter.objects.filter(key=key, bucket=bucket, count__gt=0)
        counted.update(count=F("count") - 1)


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
    """Return what two buckets come to in the window that ends now."""
    passed = now.timestamp() % limit.per.total_seconds()
    return count + before * (1 - passed / limit.per.total_seconds())


def full_until(limit: Limit, now: datetime, count: int, before: int) -> datetime | None:
    """Say until when one more is too many; None while `count`, this one included, is not.

    A sliding window by two buckets: the one before counts by the part that the window covers.
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


def _add_one(buckets: list[Bucket]) -> dict[Bucket, int]:
    """Add one to each bucket in one statement that locks them in the given order.

    Returns the counts of these buckets and of those before them.
    """
    values = ", ".join(["(%s, %s, 1)"] * len(buckets))
    statement = (
        f"INSERT INTO mfa_counter (key, bucket, count) VALUES {values} "  # noqa: S608 placeholders only
        "ON CONFLICT (key, bucket) DO UPDATE SET count = mfa_counter.count + 1 "
        "RETURNING key, bucket, count, (SELECT last.count FROM mfa_counter AS last "
        "WHERE last.key = mfa_counter.key AND last.bucket = mfa_counter.bucket - 1)"
    )
    counts: dict[Bucket, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for bucket in buckets for value in bucket])
        for key, bucket, count, before in cursor.fetchall():
            counts |= {(key, bucket): count, (key, bucket - 1): before or 0}
    return counts


def _counts(rows: list[Row]) -> dict[Bucket, int]:
    """Return the counts of these buckets and of those before them, as far as there are any."""
    keys = {key for key, _bucket, _use in rows}
    buckets = {near for _key, bucket, _use in rows for near in (bucket, bucket - 1)}
    wanted = Counter.objects.filter(key__in=keys, bucket__in=buckets)
    found = wanted.values_list("key", "bucket", "count")
    return {(key, bucket): count for key, bucket, count in found}
