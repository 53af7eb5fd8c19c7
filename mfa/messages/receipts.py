"""Delivery receipts: what providers report about texts that they accepted."""

from datetime import timedelta
from functools import cache
from uuid import UUID

from celery import signature
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from mfa import prepared
from mfa.channels.base import Progress, Tidings
from mfa.models import Delivery

STATE_OF = {
    Progress.ACCEPTED: Delivery.State.ACCEPTED,
    Progress.SENT: Delivery.State.SENT,
    Progress.DELIVERED: Delivery.State.DELIVERED,
    Progress.FAILED: Delivery.State.FAILED,
}
# Receipts can repeat, arrive out of order or not at all, so a state never goes down. "Sent" can be
# the final state, because many carriers do not report.
RANK = {
    Delivery.State.SENDING: 0,
    Delivery.State.MAYBE: 0,
    Delivery.State.ACCEPTED: 1,
    Delivery.State.SENT: 2,
    Delivery.State.DELIVERED: 3,
    Delivery.State.FAILED: 3,
}
# Later receipts are of no use.
RECEIPTS_FOR = timedelta(days=1)


def receive(receipt_id: UUID, tidings: Tidings, *, purposes: frozenset[str] | None = None) -> bool:
    """Apply a provider's report about one of our messages. Return whether it was news.

    `purposes`: it can only report about codes with these purposes.

    The message's id must match too, unless the row has none: a receipt can arrive before the answer
    to its create request, and it resolves a state of "maybe sent".
    """
    now = timezone.now()
    state = STATE_OF[tidings.progress]
    changed = _rising(state, purposes)(
        receipt=receipt_id,
        to=tidings.to,
        oldest=now - RECEIPTS_FOR,
        now=now,
        reason=tidings.reason or "",
        code=tidings.code,
        provider_id=tidings.provider_id,
    )
    if changed and state == Delivery.State.FAILED:
        learn(Delivery.objects.values_list("pk", flat=True).get(receipt_id=receipt_id))
    return bool(changed)


@cache
def _rising(state: Delivery.State, purposes: frozenset[str] | None) -> prepared.Update:
    """Raise the state of the row that a receipt belongs to, if it is lower."""
    lower = [known for known, rank in RANK.items() if rank < RANK[state]]
    provider_id = prepared.text("provider_id")
    about = {} if purposes is None else {"challenge__purpose__in": purposes}
    return prepared.Update(
        lambda: Delivery.objects.filter(
            Q(provider_id=provider_id) | Q(provider_id=""),
            receipt_id=prepared.uuid("receipt"),
            target__startswith=prepared.text("to"),
            state__in=lower,
            created_at__gt=prepared.moment("oldest"),
            **about,
        ),
        state=state,
        reason=prepared.text("reason"),
        code=prepared.text("code"),
        provider_id=provider_id,
        finished_at=prepared.moment("now"),
    )


def learn(pk: int) -> None:
    """Wake the task that learns from a failed text.

    By name, because its module is in a higher layer.
    """

    def wake() -> None:
        signature("mfa.failures.learn", args=(pk,)).delay()

    transaction.on_commit(wake, robust=True)
