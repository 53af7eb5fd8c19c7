"""Refused passkeys: counted against the network, recorded, and told if one may be a copy."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import transaction

from mfa import audit
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.limits.counters import TooMany
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event, Passkey
from mfa.rules.passkeys import Check, Refused


@contextmanager
def counted(client: Client) -> Iterator[None]:
    """Count a refusal against the client's network. Raises TooMany after too many."""
    use = limits.PASSKEY_REFUSALS.of(client.network)
    counters.peek(use)
    try:
        yield
    except Refused:
        with suppress(TooMany):
            counters.take([use])
        raise


def report(passkey: Passkey, check: Check, about: AbstractMfaUser, client: Client) -> None:
    """Record a refusal, and tell the owner if the passkey may have been copied (WA-05)."""
    if counters.is_first(limits.LATE_RECORDS.of(str(about.pk))):
        audit.record(Event.PASSKEY_REFUSED, about, client=client, check=str(check))
    copied = check is Check.COUNTER
    if copied and counters.is_first(limits.PASSKEY_COPIES.of(str(passkey.pk))):
        with transaction.atomic():
            notices.tell(Event.PASSKEY_COPIED, about, client=client, factor=passkey.pk)
