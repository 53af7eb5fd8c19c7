"""Retention: how long each kind of row is kept, and what removes it (DT-02).

The figures and their reasons stand in this table alone; docs/security.md repeats it for people.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from celery import shared_task
from django.db import models, transaction
from django.utils import timezone

from mfa import backlog
from mfa.limits import DAY, HOUR, MINUTE
from mfa.models import (
    AccountPolicy,
    AuditEvent,
    Brake,
    Challenge,
    Counter,
    Delivery,
    Factor,
    Job,
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
# Behind each bucket that a clock can name
FAR = 2**62

# The primary keys of rows that are due, at most BATCH of them; each table has its own kind
Keys = Iterable[Any]
Due = Callable[[datetime], Keys]
# Removes one batch of what is due, and says how many rows went.
Remover = Callable[[datetime], int]
# The mark that keeps two workers from pruning at once
CLEANING = "clean"


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
        # In the order of the column's index: without rows to remove it reads none.
        return rows.order_by(column).values_list("pk", flat=True)[:BATCH]

    return due


def oldest(model: type[models.Model], column: str, age: timedelta) -> Due:
    """The same for tables that only grow: from the lowest key on, so that no index is needed."""

    def due(now: datetime) -> Keys:
        rows = model._default_manager.order_by("pk").values_list("pk", column)  # noqa: SLF001
        return (pk for pk, moment in rows[:BATCH] if moment < now - age)

    return due


def idle_counters(now: datetime) -> Keys:
    """Counters whose bucket is in no limit's present or previous window.

    The gaps between these are asked for one by one: an index finds a range, but no "none of these".
    """
    seconds = [int(period.total_seconds()) for period in PERIODS]
    newest = [int(now.timestamp()) // period for period in seconds]
    # One to come: clocks of machines differ.
    live = sorted({bucket + step for bucket in newest for step in (-1, 0, 1)})
    found: list[int] = []
    for low, high in pairwise([-1, *live, FAR]):
        gap = Counter.objects.filter(bucket__gt=low, bucket__lt=high).order_by("bucket")
        found += gap.values_list("pk", flat=True)[: BATCH - len(found)]
        if len(found) == BATCH:
            break
    return found


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
    # Who did what stands in the audit.
    Rule(Job, after(Job, "finished_at", 30 * DAY)),
    # The demo's own, with codes in them.
    Rule(OutboxMessage, oldest(OutboxMessage, "at", DAY)),
)


def prune(*, dry_run: bool = False) -> dict[str, int]:
    """Remove what is due, batch by batch; return how many rows of each kind went.

    A dry run counts one batch of each at most.
    """
    now = timezone.now()
    if dry_run:
        found = {rule.name: len(list(rule.due(now))) for rule in RULES}
        return found | {SECRETS: len(_former_secrets()) + _former_tokens(now).count()}
    return {name: sum(_batches(remove, now)) for name, remove in REMOVERS.items()}


@shared_task(name="mfa.retention.clean")
def clean() -> None:
    """Prune from the beat."""
    if step():
        backlog.go_on(clean)


def step() -> bool:
    """Prune for a second; say whether more may be due."""
    now = timezone.now()
    return backlog.step(*(partial(_remove_one, remove, now) for remove in REMOVERS.values()))


def _remove_one(remove: Remover, now: datetime) -> bool:
    with transaction.atomic():
        return bool(backlog.lock(CLEANING) and remove(now))


def _batches(remove: Remover, now: datetime) -> Iterator[int]:
    """Remove to the end, while the caller waits."""
    gone = 1
    while gone:
        with transaction.atomic():
            backlog.lock(CLEANING, wait=True)
            gone = remove(now)
        yield gone


def _apply(rule: Rule, now: datetime) -> int:
    keys = list(rule.due(now))
    rule.before(keys)
    rule.model._default_manager.filter(pk__in=keys).delete()  # noqa: SLF001
    return len(keys)


def _erase_secrets(now: datetime) -> int:
    """Empty what opens nothing any more, encrypted as it is: the row stays for the audit."""
    erased = Factor.objects.filter(pk__in=_former_secrets()).update(secret="")
    return erased + _former_tokens(now).update(
        sms_auth_token_previous="", previous_token_until=None
    )


def _former_secrets() -> list[int]:
    factors = Factor.objects.exclude(revoked_at=None).exclude(secret="")
    return list(factors.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _former_tokens(now: datetime) -> models.QuerySet[AccountPolicy]:
    return AccountPolicy.objects.filter(previous_token_until__lt=now)


REMOVERS: dict[str, Remover] = {rule.name: partial(_apply, rule) for rule in RULES}
REMOVERS[SECRETS] = _erase_secrets
