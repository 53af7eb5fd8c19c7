"""Limits for blocks of neighboring numbers that were texted and not confirmed (PS-07).

A person's number counts once, however often it is texted, because bad signal is not fraud. It stops
counting when it is confirmed, or if its first text was never sent.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from mfa.limits import counters, table as limits
from mfa.limits.base import DAY, Limit, Use
from mfa.models import AbstractMfaUser, Challenge

# How many last digits differ within a block of a thousand, and within ten such blocks
DIGITS: dict[Limit, int] = {limits.BLOCK_UNCONFIRMED: 3, limits.RANGE_UNCONFIRMED: 4}


def block_of(number: str) -> str:
    """Return the prefix of a number's block of a thousand."""
    return number[: -DIGITS[limits.BLOCK_UNCONFIRMED]]


def scopes(number: str) -> list[str]:
    """Return the prefixes that a number shares with its neighbors."""
    return [number[:-digits] for digits in DIGITS.values()]


def uses(number: str) -> list[Use]:
    """List what a new number counts under."""
    return [limit.of(number[:-digits]) for limit, digits in DIGITS.items()]


def counts(user: AbstractMfaUser, number: str) -> bool:
    """Whether the person's number already counts, or does not have to count today."""
    asked = Challenge.objects.filter(
        user_id=user.pk, target=number, created_at__gt=timezone.now() - DAY
    ).exclude(new_in="")
    return asked.filter(Q(unsettled=True) | Q(passed_at__isnull=False)).exists()


def settle(challenge: Challenge) -> None:
    """Stop counting a number after its owner confirmed it, for all of the person's challenges."""
    if challenge.new_in:
        same = Challenge.objects.filter(user=challenge.user_id, target=challenge.target)
        for pk, asked_at in same.filter(unsettled=True).values_list("pk", "created_at"):
            _uncount(pk, challenge.target, asked_at)


def refund(challenge: Challenge) -> None:
    """Stop counting a number whose text was never sent."""
    if challenge.unsettled:
        _uncount(challenge.pk, challenge.target, challenge.created_at)


def _uncount(pk: UUID, number: str, asked_at: datetime) -> None:
    # The row's own flag makes sure that this happens only once.
    if Challenge.objects.filter(pk=pk, unsettled=True).update(unsettled=False):
        counters.give_back(uses(number), at=asked_at)
