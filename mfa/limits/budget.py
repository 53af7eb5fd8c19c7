"""The daily budget of texts for the whole site, separate for new and confirmed numbers."""

from dataclasses import replace

from mfa.limits import counters, table as limits
from mfa.limits.base import Use
from mfa.limits.counters import TooMany
from mfa.models import TESTS, Challenge, Delivery, SitePolicy
from mfa.rules import regions
from mfa.rules.methods import ChannelName


def pots(policy: SitePolicy) -> tuple[Use, Use]:
    """Return the uses for texts to new and to confirmed numbers."""
    return (
        replace(limits.NEW_TEXTS, most=policy.budget).of("site"),
        replace(limits.KNOWN_TEXTS, most=policy.budget * limits.KNOWN_TIMES_NEW).of("site"),
    )


def of_new(region: str, policy: SitePolicy) -> list[Use]:
    """List what a text to a new number in this country counts under."""
    new, _known = pots(policy)
    home = regions.group(policy.home_region) if policy.home_region else frozenset()
    return [new] if region in home else [new, limits.NEW_PER_COUNTRY.of(region)]


def spend(delivery: Delivery) -> bool:
    """Count a text before it is sent. Return False if today's budget is used up.

    This check is exact; the checks in requests are not.
    """
    if delivery.channel != ChannelName.SMS:
        return True
    try:
        counters.take(_uses(delivery.challenge, SitePolicy.load()))
    except TooMany:
        return False
    return True


def _uses(challenge: Challenge | None, policy: SitePolicy) -> list[Use]:
    new, known = pots(policy)
    if challenge and challenge.new_in:
        return of_new(challenge.new_in, policy)
    return [new if challenge and challenge.purpose in TESTS else known]
