"""One table of limits, and what holds them: take(...) or TooMany.

The figures are those of docs/security.md; counters live in the database, so that all processes
and machines share them and no cache can lose them.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from mfa.models import Counter

# A key and a running number of its time
Bucket = tuple[str, int]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class TooMany(Exception):
    """A refusal that ends by itself at `until`."""

    def __init__(self, until: datetime) -> None:
        """Keep the end of the refusal."""
        super().__init__(f"refused until {until.isoformat()}")
        self.until = until


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in any window of length `per`, for each subject apart."""

    name: str
    most: int
    per: timedelta

    def of(self, subject: str) -> "Use":
        """Return one use by one subject, such as a number or an address."""
        return Use(self, subject)


@dataclass(frozen=True, slots=True)
class Use:
    """One thing about to be done, to be counted under its limit."""

    limit: Limit
    subject: str

    @property
    def key(self) -> str:
        """A keyed hash, so that the table tells no number and no address."""
        return keyed(f"{self.limit.name}:{self.limit.per.total_seconds():.0f}:{self.subject}")

    def bucket(self, now: datetime) -> int:
        """The running number of the bucket that `now` falls into."""
        return int(now.timestamp() // self.limit.per.total_seconds())


Row = tuple[str, int, Limit]

# A confirmed number after a right password: the owner in a bad cell needs several, a thief of the
# password must not be able to annoy for long. No limit per address: offices share one.
CONFIRMED = (
    Limit("code", 5, 15 * MINUTE),
    Limit("code", 10, HOUR),
    Limit("code", 30, DAY),
)
# A number that nobody has proven: each text costs money that a fraudster may be earning.
UNPROVEN_NUMBER = (Limit("unproven", 5, HOUR), Limit("unproven", 10, DAY))
NUMBERS_PER_PERSON = Limit("numbers", 3, DAY)
UNPROVEN_PER_ADDRESS = Limit("unproven-address", 25, 5 * MINUTE)
# A block of a thousand numbers is what fraudsters rent (PS-07).
UNPROVEN_PER_BLOCK = Limit("unproven-block", 50, DAY)
# One office or school shares an address, so this is far above what a person mistypes.
PASSWORDS_PER_ADDRESS = Limit("password-address", 50, 15 * MINUTE)
# Ten slow hashes and two notices each
RECOVERY_CODE_SETS = Limit("recovery-codes", 5, HOUR)
# Two fall into any stretch of time in which one of their links still works, so whoever finds the
# limit used up finds a working link in the mailbox: strangers neither flood nor close it.
RESETS_PER_MAILBOX = Limit("reset", 2, 30 * MINUTE)
# A browser in which the person has never logged in gets fewer still for the same mailbox.
RESETS_PER_STRANGER = Limit("reset-stranger", 5, DAY)
RESETS_PER_ADDRESS = Limit("reset-address", 20, HOUR)
# Links to new mailboxes: enough to mend a typo, too few to mail strangers from here.
NEW_EMAILS_PER_PERSON = Limit("new-email", 5, DAY)
MAILS_PER_NEW_EMAIL = Limit("new-email-mailbox", 5, DAY)
# Links that administrators send: enough to mend a misheard address.
LINKS_PER_PERSON = Limit("link", 5, HOUR)
# Test messages of the admin: enough to mend a setting, too few to text the world.
TEST_MESSAGES = Limit("test", 10, HOUR)


def keyed(subject: str) -> str:
    """Return 64 hex digits that name a subject without telling it.

    Under the oldest secret key that is still kept: a rotation forgets no count and no wait, and
    when its fallback goes, a day later or more, so little that it harms nobody (DT-01).
    """
    oldest = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)[-1]
    return hmac.digest(oldest.encode(), subject.encode(), "sha256").hex()


def take(uses: Iterable[Use]) -> None:
    """Count all uses at once, or none and raise TooMany.

    The row locks last as long as the caller's transaction: keep that short.
    """
    now = timezone.now()
    # Sorted, since two that lock the same rows in different order deadlock.
    rows = sorted({(use.key, use.bucket(now), use.limit) for use in uses}, key=itemgetter(0, 1))
    # A refusal undoes this block alone.
    with transaction.atomic():
        counts = _add_one([(key, bucket) for key, bucket, _ in rows])
        _refuse(rows, counts, now)


def count(use: Use) -> None:
    """Count one use that was peeked at before; parallel ones may overshoot by what is in flight."""
    with transaction.atomic(durable=True):
        _add_one([(use.key, use.bucket(timezone.now()))])


def peek(use: Use) -> None:
    """Raise TooMany if one more would be, and count nothing."""
    now = timezone.now()
    key, bucket = use.key, use.bucket(now)
    counts = _counts([(key, bucket), (key, bucket - 1)])
    counts[key, bucket] = counts.get((key, bucket), 0) + 1
    _refuse([(key, bucket, use.limit)], counts, now)


def _refuse(rows: list[Row], counts: dict[Bucket, int], now: datetime) -> None:
    ends = [
        end
        for key, bucket, limit in rows
        if (end := full_until(limit, now, counts[key, bucket], counts.get((key, bucket - 1), 0)))
    ]
    if ends:
        raise TooMany(max(ends))


def full_until(limit: Limit, now: datetime, count: int, before: int) -> datetime | None:
    """Say until when one more is too many; None while `count`, this one included, is not.

    A sliding window by two buckets: the one before counts by the part that the window covers.
    """
    period = limit.per.total_seconds()
    start = now.timestamp() // period * period
    covered = 1 - (now.timestamp() - start) / period
    if count + before * covered <= limit.most:
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


def _counts(buckets: list[Bucket]) -> dict[Bucket, int]:
    wanted = Q()
    for key, bucket in buckets:
        wanted |= Q(key=key, bucket=bucket)
    rows = Counter.objects.filter(wanted).values_list("key", "bucket", "count")
    return {(key, bucket): count for key, bucket, count in rows}
