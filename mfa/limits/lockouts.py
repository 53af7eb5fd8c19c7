"""Lockouts: waits after repeated failures, doubling each time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Max
from django.db.models.functions import Greatest
from django.utils import timezone

from mfa import prepared
from mfa.limits import counters
from mfa.limits.base import DAY, HOUR, MINUTE, Limit, Use, keyed
from mfa.limits.counters import TooMany
from mfa.models import Lockout

# From the tenth failure in a row, each one causes a wait (docs/security.md). Up to nine failures
# are forgotten after 15 quiet minutes, more after a quiet day.
FREE_FAILURES = 9
QUIET = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class Backoff:
    """A wait that doubles with each failure after the free ones, up to `longest`."""

    name: str
    first: timedelta
    longest: timedelta
    free: int = FREE_FAILURES

    def after(self, failures: int) -> timedelta:
        """Return the wait after this many failures in a row."""
        if failures <= self.free:
            return timedelta()
        # This is far past `longest`, and a larger power would overflow a timedelta.
        doublings = min(failures - self.free - 1, 12)
        return min(self.longest, self.first * (1 << doublings))

    def left(self, failures: int) -> int:
        """Return how many failures are left before a wait, or 0 if this one caused it."""
        return max(0, self.free + 1 - failures)


@dataclass(frozen=True, slots=True)
class Reservation:
    """An attempt that is being checked, after `failures` in a row."""

    backoff: Backoff
    subject: str
    uses: tuple[Use, ...]
    at: datetime
    failures: int


_KEPT = prepared.Query(lambda: Lockout.objects.filter(key=prepared.text("key")))
WRONG_PASSWORDS = Backoff("password", first=timedelta(seconds=30), longest=HOUR)
WRONG_CODES = Backoff("code", first=15 * MINUTE, longest=HOUR)
# Five of the ten wrong codes are reserved for recognized devices, so someone with the stolen
# password cannot use up the owner's attempts.
WRONG_CODES_OF_STRANGERS = Backoff("code", first=15 * MINUTE, longest=HOUR, free=4)


def of_person(pk: int) -> str:
    """Identify a person for lockouts. Changing the login name or email does not reset the count."""
    return f"person:{pk}"


def of_typed(text: str) -> str:
    """Identify an unknown person by the text that was typed."""
    return f"typed:{text}"


def end_of(backoff: Backoff, subject: str) -> datetime | None:
    """Return when the lockout ends (maybe in the past), or None if no failures are recorded."""
    return (
        Lockout.objects.filter(key=_key(backoff, subject)).values_list("until", flat=True).first()
    )


def latest_end(backoffs: Iterable[Backoff], subjects: Collection[str]) -> datetime | None:
    """Return when the last of these lockouts ends (maybe in the past), or None without any."""
    keys = [_key(backoff, subject) for backoff in backoffs for subject in subjects]
    latest: datetime | None = Lockout.objects.filter(key__in=keys).aggregate(Max("until"))[
        "until__max"
    ]
    return latest


def reserve(backoff: Backoff, subject: str, limit: Limit, also: Iterable[Use] = ()) -> Reservation:
    """Count an attempt, and each of `also`, before its slow hash is checked.

    Failures in a row plus attempts in progress cannot exceed the free failures, so parallel
    attempts get no extra tries. Raises TooMany for those beyond, and during a wait. Each
    reservation ends with `give_back_all` or `fail_reserved`. If a process dies, its reservation
    ends with `limit`.
    """
    now = timezone.now()
    looked_at, also = limit.of(f"{backoff.name}:{subject}"), tuple(also)
    with transaction.atomic():
        counts = counters.take([looked_at, *also], savepoint=False)
        # Read this after the row above is locked: a failure moves from there to here in one
        # transaction.
        failures, until = _standing(backoff, subject, now)
        if failures > backoff.free:
            refused = until > now or counts[looked_at] > 1
        else:
            refused = failures + counts[looked_at] > backoff.free + 1
        if refused:
            raise TooMany(until if until > now else now + backoff.first)
    return Reservation(backoff, subject, (looked_at, *also), now, failures)


def give_back_all(reservation: Reservation) -> None:
    """End a reservation after a right attempt, which counts nowhere."""
    counters.give_back_late(reservation.uses, at=reservation.at)


def fail_reserved(reservation: Reservation) -> int:
    """End a reservation after a wrong attempt. Return the failures in a row."""
    with transaction.atomic():
        failures = fail(reservation.backoff, reservation.subject)
        counters.give_back(reservation.uses[:1], at=reservation.at)
    return failures


def fail(backoff: Backoff, subject: str) -> int:
    """Count a failure that was verified before. Return the failures in a row."""
    return _count(backoff, subject, timezone.now())


def give_back(backoff: Backoff, subject: str, failures: int = 1) -> None:
    """Take back some failures and the wait that they caused. Other people's failures stay."""
    Lockout.objects.filter(key=_key(backoff, subject)).update(
        failures=Greatest(F("failures") - failures, 0), until=timezone.now()
    )


def end(backoffs: Iterable[Backoff], subjects: Collection[str]) -> None:
    """End the running lockouts. Their failures still count, so the next one costs as much again."""
    now = timezone.now()
    keys = [_key(backoff, subject) for backoff in backoffs for subject in subjects]
    Lockout.objects.filter(key__in=keys, until__gt=now).update(until=now)


def forget(backoff: Backoff, subject: str) -> None:
    """Delete the failures of a subject."""
    Lockout.objects.filter(key=_key(backoff, subject)).delete()


def _key(backoff: Backoff, subject: str) -> str:
    return keyed(f"wait-{backoff.name}:{subject}")


def _standing(backoff: Backoff, subject: str, now: datetime) -> tuple[int, datetime]:
    """Return the failures in a row that still count, and the end of their wait."""
    kept = _KEPT.first(key=_key(backoff, subject))
    if kept is None:
        return 0, now
    quiet = QUIET if kept.failures <= backoff.free else DAY
    # _add_failure forgets them at the same time.
    return (kept.failures if kept.until >= now - quiet else 0), kept.until


def _count(backoff: Backoff, subject: str, now: datetime) -> int:
    with transaction.atomic():
        failures = _add_failure(backoff, subject, now)
        if cost := backoff.after(failures):
            Lockout.objects.filter(key=_key(backoff, subject)).update(until=now + cost)
    return failures


def _add_failure(backoff: Backoff, subject: str, now: datetime) -> int:
    """Count a failure in one statement, which locks the row."""
    statement = (
        "INSERT INTO mfa_lockout (key, failures, until) VALUES (%(key)s, 1, %(now)s) "
        "ON CONFLICT (key) DO UPDATE SET until = excluded.until, failures = CASE "
        "WHEN mfa_lockout.until < %(day)s "
        "OR (mfa_lockout.until < %(quiet)s AND mfa_lockout.failures <= %(free)s) THEN 1 "
        "ELSE mfa_lockout.failures + 1 END RETURNING failures"
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
        return int(cursor.fetchone()[0])


def _adapted(moment: datetime) -> str | datetime | None:
    adapted: str | datetime | None = connection.ops.adapt_datetimefield_value(moment)
    return adapted
