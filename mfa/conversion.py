"""Conversion: the share of texts to new numbers that led to a confirmed one (PS-07).

Real people confirm; rented numbers do not. An account, a network and a country are judged each on
its own, by the challenges of the last hour.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from mfa.limits import HOUR, MINUTE
from mfa.models import Challenge, Delivery, Protected
from mfa.prefixes import block_of

Row = tuple[int, datetime | None, int, str, str]


@dataclass(frozen=True, slots=True)
class Conversion:
    """The share of texts to new numbers that must lead to a confirmed one."""

    least_share: float
    # Fewer tell nothing.
    from_texts: int
    # Who must be behind the unconfirmed ones: a few accounts never close a country.
    from_accounts: int = 1
    from_networks: int = 1
    from_blocks: int = 1
    window: timedelta = HOUR
    # People who got a text need a moment to type its code: a class that enrolls is no fraud.
    after: timedelta = 2 * MINUTE
    # A busy country is judged by its newest.
    most_rows: int = 200

    def is_low(self, texts: int, confirmed: int) -> bool:
        """Whether so few were confirmed that somebody must be earning on the rest."""
        return texts >= self.from_texts and confirmed < self.least_share * texts

    def is_broad(self, accounts: int, networks: int, blocks: int) -> bool:
        """Whether the unconfirmed ones come from too many to stop each of them."""
        return (
            accounts >= self.from_accounts
            and networks >= self.from_networks
            and blocks >= self.from_blocks
        )


# One in a bad cell needs five texts, and a slip of the finger a second number.
ACCOUNT = Conversion(least_share=0.3, from_texts=8)
NETWORK = Conversion(least_share=0.3, from_texts=20)
COUNTRY = Conversion(
    least_share=0.3, from_texts=20, from_accounts=10, from_networks=5, from_blocks=5
)


def fails_for(user: Protected) -> bool:
    """Whether hardly any text that an account asked for led to a confirmed number."""
    return _fails(ACCOUNT, user_id=user.pk)


def fails_in(network: str) -> bool:
    """Whether hardly any text that a network asked for led to a confirmed number."""
    return bool(network) and _fails(NETWORK, network=network)


def fails_over(region: str) -> bool:
    """Whether hardly any text into a country led to a confirmed number."""
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
    # A provider that is out of order is no fraud.
    asked = asked.exclude(deliveries__state=Delivery.State.FAILED)
    columns = ("sends", "passed_at", "user_id", "network", "target")
    return list(asked.order_by("-created_at").values_list(*columns)[: conversion.most_rows])
