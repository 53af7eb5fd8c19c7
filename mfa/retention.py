"""Retention: how long each kind of row is kept, and what removes it (DT-02).

This table is the only source of the periods and their reasons. docs/security.md repeats it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from celery import shared_task
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone

from mfa import closing
from mfa.factors import KINDS
from mfa.limits.base import DAY, HOUR, MINUTE
from mfa.models import (
    AuditEvent,
    Challenge,
    Counter,
    Delivery,
    Factor,
    Job,
    Lockout,
    OneTimePass,
    OutboxMessage,
    Pause,
    PushDevice,
    RecoveryRequest,
    SendBlock,
    Session,
    SmsAccount,
    Status,
    TrustedBrowser,
    backlog,
)

# Rows per transaction, few enough not to block others
BATCH = 1000
# The windows that limits can have. A counter's bucket is the number of such a window.
PERIODS = (
    *(minutes * MINUTE for minutes in (1, 2, 5, 10, 15, 20, 30)),
    *(hours * HOUR for hours in (1, 2, 3, 4, 6, 8, 12)),
    *(days * DAY for days in (1, 2, 7, 30, 31)),
)

SECRETS = "former secrets"
# Higher than any bucket
FAR = 2**62

# The primary keys of up to BATCH rows to remove. Their type depends on the table.
Keys = Iterable[Any]
Due = Callable[[datetime], Keys]
# Removes one batch and returns the number of removed rows.
Remover = Callable[[datetime], int]
# The lock that prevents two workers from pruning at once
CLEANING = "clean"


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of one model are removed if `due` returns their primary keys."""

    model: type[models.Model]
    due: Due
    before: Callable[[list[Any]], None] = lambda _keys: None

    @property
    def name(self) -> str:
        """What the rows are called, in the plural."""
        return str(self.model._meta.verbose_name_plural)  # noqa: SLF001 - Django's public API


def after(model: type[models.Model], column: str, age: timedelta) -> Due:
    """Rows are due at this age, by the time in a column. Rows without a time are never due."""

    def due(now: datetime) -> Keys:
        rows = model._default_manager.filter(**{f"{column}__lt": now - age})  # noqa: SLF001
        # In the order of the column's index, so nothing is read if no row is due.
        return rows.order_by(column).values_list("pk", flat=True)[:BATCH]

    return due


def oldest(model: type[models.Model], column: str, age: timedelta) -> Due:
    """Like `after`, for tables that only grow: in the order of the key, so no index is needed."""

    def due(now: datetime) -> Keys:
        rows = model._default_manager.order_by("pk").values_list("pk", column)  # noqa: SLF001
        return (pk for pk, moment in rows[:BATCH] if moment < now - age)

    return due


def idle_counters(now: datetime) -> Keys:
    """Counters whose bucket is in no limit's current or previous window.

    Each gap between the live buckets is a query, because an index can find a range but not "none of
    these".
    """
    seconds = [int(period.total_seconds()) for period in PERIODS]
    newest = [int(now.timestamp()) // period for period in seconds]
    # One future bucket, because the clocks of machines differ.
    live = sorted({bucket + step for bucket in newest for step in (-1, 0, 1)})
    found: list[int] = []
    for low, high in pairwise([-1, *live, FAR]):
        gap = Counter.objects.filter(bucket__gt=low, bucket__lt=high).order_by("bucket")
        found += gap.values_list("pk", flat=True)[: BATCH - len(found)]
        if len(found) == BATCH:
            break
    return found


def unfinished_phones(now: datetime) -> Keys:
    """Phones for approval that were not added in time."""
    left = PushDevice.objects.filter(factor=None, created_at__lt=now - HOUR)
    return left.order_by("created_at").values_list("pk", flat=True)[:BATCH]


def revoked_factors(now: datetime) -> Keys:
    """Factors that ended long ago."""
    ended = Factor.objects.filter(status=Status.REVOKED, status_at__lt=now - 400 * DAY)
    return ended.order_by("status_at").values_list("pk", flat=True)[:BATCH]


def _detach(challenges: list[Any]) -> None:
    """Keep the state of their messages. Those not sent yet are no longer needed."""
    carried = Delivery.objects.filter(challenge_id__in=challenges)
    carried.filter(state=Delivery.State.QUEUED).update(
        state=Delivery.State.DROPPED, finished_at=timezone.now()
    )
    carried.update(challenge=None)


RULES = [
    # OT-07 requires removal within 24 h, but the daily limit of numbers needs the day's challenges.
    Rule(Challenge, after(Challenge, "expires_at", timedelta(hours=23, minutes=30)), _detach),
    # Questions about a message come within weeks, and the row holds a full number.
    Rule(Delivery, oldest(Delivery, "created_at", 30 * DAY)),
    # A year, so that a yearly review sees all of it, and a month for the review.
    Rule(AuditEvent, oldest(AuditEvent, "at", 400 * DAY)),
    # They are valid for minutes (WA-02).
    *(
        Rule(table, after(table, "created_at", HOUR))
        for kind in KINDS.values()
        if (table := kind.challenges)
    ),
    # Their setup was not finished within 10 minutes.
    Rule(PushDevice, unfinished_phones),
    # As long as the audit events about them.
    Rule(Factor, revoked_factors),
    Rule(OneTimePass, after(OneTimePass, "asked_at", 400 * DAY)),
    Rule(RecoveryRequest, after(RecoveryRequest, "ended_at", 400 * DAY)),
    Rule(Pause, after(Pause, "until", 400 * DAY)),
    # Their owner closed the account 14 days ago. The audit keeps the number.
    Rule(get_user_model(), closing.due, closing.forget),
    # They have expired, so nobody can use them.
    Rule(Session, after(Session, "expire_date", timedelta())),
    # Their trust has ended.
    Rule(TrustedBrowser, after(TrustedBrowser, "until", timedelta())),
    # Failures are forgotten after a quiet day.
    Rule(Lockout, after(Lockout, "until", DAY)),
    Rule(Counter, idle_counters),
    # The audit has its start and its lifting.
    Rule(SendBlock, after(SendBlock, "until", DAY)),
    # The audit has who did what.
    Rule(Job, after(Job, "finished_at", 30 * DAY)),
    # The demo's messages, which contain codes.
    Rule(OutboxMessage, oldest(OutboxMessage, "at", DAY)),
]


def prune(*, dry_run: bool = False) -> dict[str, int]:
    """Remove all due rows in batches. Return the number of removed rows of each kind.

    A dry run counts up to one batch of each kind.
    """
    now = timezone.now()
    if dry_run:
        with transaction.atomic():
            found = {rule.name: len(list(rule.due(now))) for rule in RULES}
        return found | {SECRETS: len(_former_secrets()) + _former_tokens(now).count()}
    return {name: sum(_batches(remove, now)) for name, remove in REMOVERS.items()}


@shared_task(name="mfa.retention.clean")
def clean() -> None:
    """Prune periodically."""
    if step():
        backlog.go_on(clean)


def step() -> bool:
    """Prune for one second. Return whether more may be due."""
    now = timezone.now()
    return backlog.step(*(partial(_remove_one, remove, now) for remove in REMOVERS.values()))


def _remove_one(remove: Remover, now: datetime) -> bool:
    with transaction.atomic():
        return bool(backlog.lock(CLEANING) and remove(now))


def _batches(remove: Remover, now: datetime) -> Iterator[int]:
    """Remove everything that is due, while the caller waits."""
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
    """Erase secrets that are no longer in use. The row stays for the audit."""
    erased = Factor.objects.filter(pk__in=_former_secrets()).update(secret="")
    return erased + _former_tokens(now).update(previous_token="", previous_token_until=None)


def _former_secrets() -> list[int]:
    factors = Factor.objects.filter(status=Status.REVOKED).exclude(secret="")
    return list(factors.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _former_tokens(now: datetime) -> models.QuerySet[SmsAccount]:
    return SmsAccount.objects.filter(previous_token_until__lt=now)


def add(rule: Rule) -> None:
    """Prune a table of the project too."""
    RULES.append(rule)
    REMOVERS[rule.name] = partial(_apply, rule)


REMOVERS: dict[str, Remover] = {rule.name: partial(_apply, rule) for rule in RULES}
REMOVERS[SECRETS] = _erase_secrets
