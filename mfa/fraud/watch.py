"""Detects attacks on the whole site from the newest audit events.

It reads up to `MOST_ROWS` events by their primary key and adds no cost to a login.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from mfa.client import is_trusted
from mfa.limits import table as limits
from mfa.limits.base import DAY, HOUR, MINUTE, Limit
from mfa.messages import alerts
from mfa.messages.alerts import Alert
from mfa.models import AuditEvent, Event

MOST_ROWS = 2000
# The share that must be wrong. A busy morning has many typos, but far more successes.
WRONG_SHARE = 0.5
# Nearly all attempts, from enough people that it is not just one person
ONE_ADDRESS_SHARE, FEWEST_ATTEMPTS, FEWEST_PEOPLE = 0.95, 50, 5
ONCE_A_DAY = Limit("alert-day", 1, DAY)

Row = tuple[datetime, str, str | None, int | None]


@dataclass(frozen=True, slots=True)
class Watched:
    """What attackers guess: the events of wrong and right answers, and their limit."""

    wrong: Event
    right: Event
    limit: Limit


GUESSED = (
    Watched(Event.PASSWORD_WRONG, Event.PASSWORD_RIGHT, limits.SITE_WRONG_PASSWORDS),
    Watched(Event.CODE_WRONG, Event.CODE_RIGHT, limits.SITE_WRONG_CODES),
)


@shared_task(name="mfa.watching.look")
def look() -> None:
    """Alert on guessing across the whole site, and on a proxy that hides all clients."""
    rows = _newest()
    for watched in GUESSED:
        _alert_of_guessing(watched, rows)
    if address := one_address(rows):
        alerts.warn(Alert.ONE_ADDRESS, about=address, once=ONCE_A_DAY)


def one_address(rows: Iterable[Row] | None = None) -> str:
    """Return the address behind nearly all attempts of the last hour, or "".

    That is a reverse proxy missing from TRUSTED_PROXIES. One attacker behind it would use up
    everyone's limits.
    """
    events = {Event.PASSWORD_RIGHT, Event.PASSWORD_WRONG}
    attempts = [row for row in (_newest() if rows is None else rows) if row[1] in events]
    counted = Counter(address for _at, _event, address, _user in attempts if address)
    if len(attempts) < FEWEST_ATTEMPTS or not counted:
        return ""
    [(address, times)] = counted.most_common(1)
    right = [row for row in attempts if row[1] == Event.PASSWORD_RIGHT and row[2] == address]
    people = {user for _at, _event, _address, user in right}
    is_most = times >= ONE_ADDRESS_SHARE * len(attempts) and len(people) >= FEWEST_PEOPLE
    return address if is_most and not is_trusted(address) else ""


def _newest() -> list[Row]:
    since = timezone.now() - HOUR
    rows = AuditEvent.objects.order_by("-pk").values_list("at", "event", "address", "user_id")
    return [row for row in rows[:MOST_ROWS] if row[0] > since]


def _alert_of_guessing(watched: Watched, rows: list[Row]) -> None:
    counted = Counter(event for _at, event, _address, _user in rows)
    wrong, right = counted[watched.wrong], counted[watched.right]
    an_hour = round(wrong * _per_hour(rows))
    if an_hour >= watched.limit.most and wrong >= WRONG_SHARE * (wrong + right):
        about = "passwords" if watched.wrong is Event.PASSWORD_WRONG else "codes"
        alerts.warn(Alert.GUESSING, about=about, wrong=an_hour, most=watched.limit.most)


def _per_hour(rows: list[Row]) -> float:
    """Return how often the rows' time span fits into an hour; a busy site fills them in minutes."""
    if len(rows) < MOST_ROWS:
        return 1
    return HOUR / max(timezone.now() - rows[-1][0], MINUTE)
