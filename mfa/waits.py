"""Waits: what failures in a row cost, longer each time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from mfa.counters import TooMany
from mfa.limits import DAY, HOUR, MINUTE, keyed
from mfa.models import Wait

# From the tenth failure in a row each one costs a wait (the security design's figures). Fewer are
# forgotten after a quiet quarter of an hour, more after a quiet day.
FREE_FAILURES = 9
QUIET = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class Backoff:
    """A wait that doubles with each failure after the free ones, up to a longest."""

    name: str
    first: timedelta
    longest: timedelta

    def after(self, failures: int) -> timedelta:
        """Return the wait that this many failures in a row cost."""
        if failures <= FREE_FAILURES:
            return timedelta()
        # Far past the longest already; a larger power would overflow a timedelta.
        doublings = min(failures - FREE_FAILURES - 1, 12)
        return min(self.longest, self.first * (1 << doublings))

    def left(self, failures: int) -> int:
        """Return how many more failures there may be until one costs a wait; 0 if this one did."""
        return max(0, FREE_FAILURES + 1 - failures)


WRONG_PASSWORDS = Backoff("password", first=timedelta(seconds=30), longest=HOUR)
WRONG_CODES = Backoff("code", first=15 * MINUTE, longest=HOUR)


def end_of(backoff: Backoff, subject: str) -> datetime | None:
    """Return the end of the latest wait, which may be over; None without failures to forget."""
    return Wait.objects.filter(key=_key(backoff, subject)).values_list("until", flat=True).first()


def check(backoff: Backoff, subject: str) -> bool:
    """Say whether there were failures to forget. Raises TooMany while their wait runs."""
    end = end_of(backoff, subject)
    if end and end > timezone.now():
        raise TooMany(end)
    return end is not None


def fail(backoff: Backoff, subject: str) -> int:
    """Count a failure, and let it cost what it does; return the failures in a row."""
    now = timezone.now()
    with transaction.atomic():
        failures = _add_failure(_key(backoff, subject), now)
        until = now + backoff.after(failures)
        Wait.objects.filter(key=_key(backoff, subject)).update(until=until)
    return failures


def forget(backoff: Backoff, subject: str) -> None:
    """Forget the failures."""
    Wait.objects.filter(key=_key(backoff, subject)).delete()


def _key(backoff: Backoff, subject: str) -> str:
    return keyed(f"wait-{backoff.name}:{subject}")


def _add_failure(key: str, now: datetime) -> int:
    statement = (
        "INSERT INTO mfa_wait (key, failures, until) VALUES (%s, 1, %s) "
        "ON CONFLICT (key) DO UPDATE SET failures = CASE "
        "WHEN mfa_wait.until < %s OR (mfa_wait.until < %s AND mfa_wait.failures <= %s) THEN 1 "
        "ELSE mfa_wait.failures + 1 END "
        "RETURNING failures"
    )
    moments = [
        connection.ops.adapt_datetimefield_value(moment) for moment in (now, now - DAY, now - QUIET)
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, [key, *moments, FREE_FAILURES])
        return int(cursor.fetchone()[0])
