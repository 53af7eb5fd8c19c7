"""The emails of an import: sent only if its author chose so, and counted."""

from collections.abc import Callable

from accounts.models import PeopleImport
from mfa.client import Client
from mfa.limits.counters import TooMany

# In the counts: emails sent, and those that a daily limit held back
MAILED, NOT_MAILED = "mailed", "not_mailed"


def mail(held: PeopleImport, send: Callable[[], object]) -> TooMany | None:
    """Send an email, and count it. Return the limit of the day that held it back, if one did."""
    try:
        was_sent = send()
    except TooMany as refusal:
        count(held, NOT_MAILED)
        return refusal
    if was_sent:
        count(held, MAILED)
    return None


def count(held: PeopleImport, what: str, number: int = 1) -> None:
    """Count emails of one kind."""
    held.counts[what] = held.counts.get(what, 0) + number


def client_of(held: PeopleImport) -> Client:
    """Return the browser from which the import was started."""
    return Client(address=held.address or "", browser=held.browser)
