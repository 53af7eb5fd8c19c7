"""Refused passkeys: counted against the network, recorded, and told if one may be a copy."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mfa import audit
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.limits.counters import TooMany
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event
from mfa.models.passkeys import Passkey
from mfa.rules.passkeys import Check, Refused

# Why a passkey was refused. Checks that fail for a stranger's passkey are not recorded.
CHECKS: dict[str, Promise] = {
    Check.SAME_ID: _("its two ids differ"),
    Check.OWNER: _("it belongs to another account"),
    Check.HANDLE: _("it was made for another account"),
    Check.TYPE: _("the answer was for another purpose"),
    Check.CHALLENGE: _("the challenge had expired, was used or was another session's"),
    Check.ORIGIN: _("it was used at another address"),
    Check.CROSS_ORIGIN: _("it was used in a frame of another website"),
    Check.TOP_ORIGIN: _("it was used in a frame of another website"),
    Check.SITE: _("it was made for another website"),
    Check.PRESENT: _("no one touched the device"),
    Check.VERIFIED: _("the device did not verify the person"),
    Check.BACKED_UP: _("it says it is synced, but can't be"),
    Check.ELIGIBLE: _("it changed between synced and bound to one device"),
    Check.SIGNATURE: _("its signature was wrong"),
    Check.COUNTER: _("its counter did not rise, so it may be a copy"),
}


@contextmanager
def counted(client: Client) -> Iterator[None]:
    """Count a refusal against the client's network. Raises TooMany after too many."""
    use = limits.SIGNED_REFUSALS.of(client.network)
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
    if copied and counters.is_first(limits.COPIED_KEYS.of(str(passkey.pk))):
        with transaction.atomic():
            notices.tell(Event.PASSKEY_COPIED, about, client=client, factor=passkey.pk)
