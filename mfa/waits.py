"""Lockouts: what failures in a row cost, longer each time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from mfa.counters import TooMany
from mfa.limits import DAY, HOUR, MINUTE, keyed
from mfa.models import Wait

# From the tenth failure in a row each one costs a wait (the security design's figures). Fewer are
# forgotten after a quiet quarter of an hour, more after a quiet day.
FREE_FAILURES = 9
QUIET = 15 * MINUTE
# No wait runs. Parallel failures under the free ones differ by microseconds only: no wait either.
OVER = "mfa_wait.failures <= %(free)s OR mfa_wait.until <= %(now)s"


@dataclass(frozen=True, slots=True)
class Backoff:
    """A wait that doubles with each failure after the free ones, up to a longest."""

    name: str
    first: timedelta
    longest: timedelta
    free: int = FREE_FAILURES

    def after(self, failures: int) -> timedelta:
        """Return the wait that this many failures in a row cost."""
        if failures <= self.free:
            return timedelta()
        # Far past the longest already; a larger power would overflow a timedelta.
        doublings = min(failures - self.free - 1, 12)
        return min(self.longest, self.first * (1 << doublings))

    def left(self, failures: int) -> int:
        """Return how many more failures there may be until one costs a wait; 0 if this one did."""
        return max(0, self.free + 1 - failures)


WRONG_PASSWORDS = Backoff("password", first=timedelta(seconds=30), longest=HOUR)
WRONG_CODES = Backoff("code", first=15 * MINUTE, longest=HOUR)
# Of the ten wrong codes five are kept for recognized devices, so that a thief of the password
# cannot use up the owner's.
WRONG_CODES_OF_STRANGERS = Backoff("code", first=15 * MINUTE, longest=HOUR, free=4)


def of_person(pk: int) -> str:
    """Name a person for lockouts: neither another login name nor a new email starts afresh."""
    return f"person:{pk}"


def of_typed(text: str) -> str:
    """Name somebody who is unknown here by what was typed."""
    return f"typed:{text}"


def end_of(backoff: Backoff, subject: str) -> datetime | None:
    """Return the end of the latest wait, which may be over; None without failures to forget."""
    return Wait.objects.filter(key=_key(backoff, subject)).values_list("until", flat=True).first()


def reserve(backoff: Backoff, subject: str) -> int:
    """Count an attempt as a failure before it is judged; return the failures in a row.

    Raises TooMany while a wait runs: of parallel attempts only as many get through as are left.
    """
    now = timezone.now()
    failures = _count(backoff, subject, now, only_if=OVER)
    if failures is None:
        raise TooMany(end_of(backoff, subject) or now)
    return failures


def fail(backoff: Backoff, subject: str) -> int:
    """Count a failure that was judged already; return the failures in a row."""
    return _count(backoff, subject, timezone.now()) or 0


def give_back(backoff: Backoff, subject: str, failures: int = 1) -> None:
    """Take failures back, and the wait that they cost: those of others stay."""
    Wait.objects.filter(key=_key(backoff, subject)).update(
        failures=Greatest(F("failures") - failures, 0), until=timezone.now()
    )


def forget(backoff: Backoff, subject: str) -> None:
    """Forget the failures."""
    Wait.objects.filter(key=_key(backoff, subject)).delete()


def _key(backoff: Backoff, subject: str) -> str:
    return keyed(f"wait-{backoff.name}:{subject}")


def _count(backoff: Backoff, subject: str, now: datetime, *, only_if: str = "TRUE") -> int | None:
    with transaction.atomic():
        failures = _add_failure(backoff, subject, now, only_if)
        if failures and (cost := backoff.after(failures)):
            Wait.objects.filter(key=_key(backoff, subject)).update(until=now + cost)
    return failures


def _add_failure(backoff: Backoff, subject: str, now: datetime, only_if: str) -> int | None:
    """Count one in one statement, which locks the row; None where the condition does not hold."""
    # The condition is one of this module's two.
    statement = (
        "INSERT INTO mfa_wait (key, failures, until) VALUES (%(key)s, 1, %(now)s) "  # noqa: S608
        "ON CONFLICT (key) DO UPDATE SET until = excluded.until, failures = CASE "
        "WHEN mfa_wait.until < %(day)s "
        "OR (mfa_wait.until < %(quiet)s AND mfa_wait.failures <= %(free)s) THEN 1 "
        "ELSE mfa_wait.failures + 1 END "
        f"WHERE {only_if} RETURNING failures"
    )
    values = {
        "key": _key(backoff, subject),
        "now": _adapted(now),
        "day": _adapted(now - DAY),
        "quiet": _adapted(now - QUIET),
        "free": backoff.free,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _adapted(moment: datetime) -> str | datetime | None:
    adapted: str | datetime | None = connection.ops.adapt_datetimefield_value(moment)
    return adapted
