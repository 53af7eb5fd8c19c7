"""The budget: how many texts the whole site sends in a day, new and confirmed numbers apart."""

from dataclasses import replace

from mfa import counters, limits
from mfa.counters import TooMany
from mfa.limits import Use
from mfa.models import TESTS, AccountPolicy, Challenge, Delivery
from mfa.rules import contacts
from mfa.rules.routes import ChannelName


def pots(policy: AccountPolicy) -> tuple[Use, Use]:
    """Return what texts to new and to confirmed numbers count under."""
    return (
        replace(limits.NEW_TEXTS, most=policy.budget).of("site"),
        replace(limits.KNOWN_TEXTS, most=policy.budget * limits.KNOWN_TIMES_NEW).of("site"),
    )


def of_new(region: str, policy: AccountPolicy) -> list[Use]:
    """List what a text to a new number in a country counts under."""
    new, _known = pots(policy)
    home = contacts.group(policy.home_region) if policy.home_region else frozenset()
    return [new] if region in home else [new, limits.NEW_PER_COUNTRY.of(region)]


def spend(delivery: Delivery) -> bool:
    """Count a text that is about to go; False where the day has none left for it.

    This is exact, whatever the requests have let pass.
    """
    if delivery.channel != ChannelName.SMS:
        return True
    try:
        counters.take(_uses(delivery.challenge, AccountPolicy.load()))
    except TooMany:
        return False
    return True


def _uses(challenge: Challenge | None, policy: AccountPolicy) -> list[Use]:
    new, known = pots(policy)
    if challenge and challenge.new_in:
        return of_new(challenge.new_in, policy)
    return [new if challenge and challenge.purpose in TESTS else known]
