"""Conversion: the share of texts to new numbers that led to a confirmed number (PS-07).

Real people confirm, rented numbers do not. An account, a network and a country are each judged by
their challenges of the last hour.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from mfa.limits.base import HOUR, MINUTE
from mfa.limits.unconfirmed import block_of
from mfa.models import AbstractMfaUser, Challenge, Delivery

Row = tuple[int, datetime | None, int, str, str]


@dataclass(frozen=True, slots=True)
class Conversion:
    """The share of texts to new numbers that must lead to a confirmed number."""

    least_share: float
    # Fewer texts have no significance.
    from_texts: int
    # The least number of sources of the unconfirmed texts, so a few accounts cannot block a
    # country.
    from_accounts: int = 1
    from_networks: int = 1
    from_blocks: int = 1
    window: timedelta = HOUR
    # People need a moment to type the code. A group that enrolls together is not fraud.
    after: timedelta = 2 * MINUTE
    # A busy country is judged by its newest texts.
    most_rows: int = 200

    def is_low(self, texts: int, confirmed: int) -> bool:
        """Whether so few were confirmed that it looks like fraud."""
        return texts >= self.from_texts and confirmed < self.least_share * texts

    def is_broad(self, accounts: int, networks: int, blocks: int) -> bool:
        """Whether the unconfirmed texts come from too many sources to block each one."""
        return (
            accounts >= self.from_accounts
            and networks >= self.from_networks
            and blocks >= self.from_blocks
        )


# Bad signal can take five texts, and a typo a second number.
ACCOUNT = Conversion(least_share=0.3, from_texts=8)
NETWORK = Conversion(least_share=0.3, from_texts=20)
COUNTRY = Conversion(
    least_share=0.3, from_texts=20, from_accounts=10, from_networks=5, from_blocks=5
)


def fails_for(user: AbstractMfaUser) -> bool:
    """Whether hardly any text for this account led to a confirmed number."""
    return _fails(ACCOUNT, user_id=user.pk)


def fails_in(network: str) -> bool:
    """Whether hardly any text for this network led to a confirmed number."""
    return bool(network) and _fails(NETWORK, network=network)


def fails_over(region: str) -> bool:
    """Whether hardly any text to this country led to a confirmed number."""
    return _fails(COUNTRY, new_in=region)


def _fails(conversion: Conversion, **scope: object) -> bool:
    rows = _newest(conversion, scope)
    confirmed = sum(row[1] is not None for row in rows)
    if not conversion.is_low(sum(row[0] for row in rows), confirmed):
        return False
    open_ones = [row[2:] for row in rows if row[1] is None]
    accounts, networks, targets = zip(*open_ones, strict=True) if open_ones else ((), (), ())
    return conversion.is_broad(
        len(set(accounts)), len(set(networks)), len(set(map(block_of, targets)))
    )


def _newest(conversion: Conversion, scope: dict[str, object]) -> list[Row]:
    now = timezone.now()
    asked = Challenge.objects.filter(
        **scope,
        created_at__gt=now - conversion.window,
        created_at__lte=now - conversion.after,
    ).exclude(new_in="")
    # A provider's outage is not fraud.
    asked = asked.exclude(deliveries__state=Delivery.State.FAILED)
    columns = ("sends", "passed_at", "user_id", "network", "target")
    return list(asked.order_by("-created_at").values_list(*columns)[: conversion.most_rows])
