"""Prefixes: how many new numbers of a block of neighbors were texted and not confirmed (PS-07).

A person's number counts once, however often it is texted: one in a bad cell is no fraud. It stops
counting when it is confirmed, and when its first text never left.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from mfa import counters, limits
from mfa.limits import Limit, Use
from mfa.models import Challenge, Protected

# How many last digits differ among the numbers of a block, and of ten of them
DIGITS: dict[Limit, int] = {limits.BLOCK_UNCONFIRMED: 3, limits.RANGE_UNCONFIRMED: 4}


def block_of(number: str) -> str:
    """Return the start that a number shares with its block of a thousand."""
    return number[: -DIGITS[limits.BLOCK_UNCONFIRMED]]


def scopes(number: str) -> list[str]:
    """Return the starts that a number shares with its neighbors."""
    return [number[:-digits] for digits in DIGITS.values()]


def uses(number: str) -> list[Use]:
    """List what a new number counts under."""
    return [limit.of(number[:-digits]) for limit, digits in DIGITS.items()]


def counts(user: Protected, number: str) -> bool:
    """Whether the person's number is counted, or needs no more counting today."""
    asked = Challenge.objects.filter(
        user_id=user.pk, target=number, created_at__gt=timezone.now() - limits.DAY
    ).exclude(new_in="")
    return asked.filter(Q(unsettled=True) | Q(passed_at__isnull=False)).exists()


def settle(challenge: Challenge) -> None:
    """Count a confirmed number no more, whichever of its person's questions did so."""
    if challenge.new_in:
        same = Challenge.objects.filter(user_id=challenge.user_id, target=challenge.target)
        for pk, asked_at in same.filter(unsettled=True).values_list("pk", "created_at"):
            _uncount(pk, challenge.target, asked_at)


def refund(challenge: Challenge) -> None:
    """Count a number no more whose text never left."""
    if challenge.unsettled:
        _uncount(challenge.pk, challenge.target, challenge.created_at)


def _uncount(pk: UUID, number: str, asked_at: datetime) -> None:
    # The row's own mark says that it is done just once.
    if Challenge.objects.filter(pk=pk, unsettled=True).update(unsettled=False):
        counters.give_back(uses(number), at=asked_at)
