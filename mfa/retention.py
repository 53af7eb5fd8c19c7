"""Retention: how long each kind of row is kept, and what removes it (DT-02).

The figures and their reasons stand in this table alone; docs/security.md repeats it for people.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db import models, transaction
from django.utils import timezone

from mfa.limits import DAY, HOUR, MINUTE
from mfa.models import (
    AccountPolicy,
    AuditEvent,
    Brake,
    Challenge,
    Counter,
    Delivery,
    Factor,
    OutboxMessage,
    Pause,
    Session,
    Wait,
)

# Rows a transaction: short enough to stand in nobody's way
BATCH = 1000
# The windows that limits may have: a counter's bucket is the running number of one of them.
PERIODS = (
    *(minutes * MINUTE for minutes in (1, 2, 5, 10, 15, 20, 30)),
    *(hours * HOUR for hours in (1, 2, 3, 4, 6, 8, 12)),
    *(days * DAY for days in (1, 2, 7, 30, 31)),
)

SECRETS = "former secrets"

# The primary keys of rows that are due, at most BATCH of them; each table has its own kind
Keys = Iterable[Any]
Due = Callable[[datetime], Keys]


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of one model are removed when `due` names their primary keys."""

    model: type[models.Model]
    due: Due
    before: Callable[[list[Any]], None] = lambda _keys: None

    @property
    def name(self) -> str:
        """What the rows are called, in the plural."""
        return str(self.model._meta.verbose_name_plural)  # noqa: SLF001 - Django's public API


def after(model: type[models.Model], column: str, age: timedelta) -> Due:
    """Rows are due so long after the moment in a column; those without one never are."""

    def due(now: datetime) -> Keys:
        rows = model._default_manager.filter(**{f"{column}__lt": now - age})  # noqa: SLF001
        return rows.values_list("pk", flat=True)[:BATCH]

    return due


def oldest(model: type[models.Model], column: str, age: timedelta) -> Due:
    """The same for tables that only grow: from the lowest key on, so that no index is needed."""

    def due(now: datetime) -> Keys:
        rows = model._default_manager.order_by("pk").values_list("pk", column)  # noqa: SLF001
        return (pk for pk, moment in rows[:BATCH] if moment < now - age)

    return due


def idle_counters(now: datetime) -> Keys:
    """Counters whose bucket is in no limit's present or previous window."""
    seconds = [int(period.total_seconds()) for period in PERIODS]
    newest = [int(now.timestamp()) // period for period in seconds]
    # One to come: clocks of machines differ.
    live = [bucket + step for bucket in newest for step in (-1, 0, 1)]
    return Counter.objects.exclude(bucket__in=live).values_list("pk", flat=True)[:BATCH]


def _detach(challenges: list[Any]) -> None:
    """Keep what became of their messages; what was never taken is not needed any more."""
    carried = Delivery.objects.filter(challenge_id__in=challenges)
    carried.filter(state=Delivery.State.QUEUED).update(
        state=Delivery.State.DROPPED, finished_at=timezone.now()
    )
    carried.update(challenge=None)


RULES = (
    # OT-07 wants used and expired ones gone within 24 h; a day's numbers are counted by them.
    Rule(Challenge, after(Challenge, "expires_at", timedelta(hours=23, minutes=30)), _detach),
    # What went wrong with a message is asked within weeks; the row holds a full number.
    Rule(Delivery, oldest(Delivery, "created_at", 30 * DAY)),
    # A year, so that a yearly review sees all of it, and a month to do it in.
    Rule(AuditEvent, oldest(AuditEvent, "at", 400 * DAY)),
    # As long as the audit that speaks of them.
    Rule(Factor, after(Factor, "revoked_at", 400 * DAY)),
    Rule(Pause, after(Pause, "until", 400 * DAY)),
    # Ended by themselves: nobody can use them.
    Rule(Session, after(Session, "expire_date", timedelta())),
    # Failures are forgotten after a quiet day.
    Rule(Wait, after(Wait, "until", DAY)),
    Rule(Counter, idle_counters),
    # Its start and its lifting stand in the audit.
    Rule(Brake, after(Brake, "until", DAY)),
    # The demo's own, with codes in them.
    Rule(OutboxMessage, oldest(OutboxMessage, "at", DAY)),
)


def prune(*, dry_run: bool = False) -> dict[str, int]:
    """Remove what is due, batch by batch; return how many rows of each kind went.

    A dry run counts one batch of each at most.
    """
    now = timezone.now()
    gone = {rule.name: _apply(rule, now, dry_run=dry_run) for rule in RULES}
    return gone | {SECRETS: _erase_secrets(now, dry_run=dry_run)}


@shared_task(name="mfa.retention.clean")
def clean() -> None:
    """Prune from the beat."""
    prune()


def _erase_secrets(now: datetime, *, dry_run: bool) -> int:
    """Empty what opens nothing any more, encrypted as it is: the row stays for the audit."""
    factors = Factor.objects.exclude(revoked_at=None).exclude(secret="")
    policies = AccountPolicy.objects.filter(previous_token_until__lt=now)
    if dry_run:
        return factors.count() + policies.count()
    return factors.update(secret="") + policies.update(
        sms_auth_token_previous="", previous_token_until=None
    )


def _apply(rule: Rule, now: datetime, *, dry_run: bool) -> int:
    gone = 0
    while keys := list(rule.due(now)):
        gone += len(keys)
        if dry_run:
            break
        with transaction.atomic():
            rule.before(keys)
            rule.model._default_manager.filter(pk__in=keys).delete()  # noqa: SLF001
    return gone
