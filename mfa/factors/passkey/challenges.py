"""Challenges of passkeys: drawn for a browser, and closed by one answer."""

import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from mfa import prepared
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.models import AbstractMfaUser
from mfa.models.passkeys import PasskeyChallenge
from mfa.rules.codes import browser_of
from mfa.rules.passkeys import CHALLENGE_BYTES, TIMEOUT

LIFE = timedelta(milliseconds=TIMEOUT)
# The purpose of a passkey that the browser makes automatically. The others are those of flows.
AUTOMATIC = "automatic"
_STORE = prepared.Insert(PasskeyChallenge)


def draw(nonce: str, purpose: str, user: AbstractMfaUser | None, client: Client) -> bytes:
    """Draw a challenge and store it. Several can be open, so that each tab has its own (key2)."""
    counters.take([limits.SIGNED_CHALLENGES.of(client.network)])
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    _STORE(
        PasskeyChallenge(
            challenge=challenge,
            browser=browser_of(nonce),
            purpose=purpose,
            user_id=user.pk if user else None,
        )
    )
    return challenge


def spend(sent: bytes, nonce: str, purpose: str, user: AbstractMfaUser | None) -> bytes:
    """Return a challenge that was open for this browser, purpose and person, and close it.

    Return b"" for any other. Only the number of deleted rows decides, so it works once.
    """
    open_ = PasskeyChallenge.objects.filter(
        Q(user_id=user.pk) if user else Q(user=None),
        challenge=sent,
        browser=browser_of(nonce),
        purpose=purpose,
        created_at__gt=timezone.now() - LIFE,
    )
    deleted, _rows = open_.delete()
    return sent if deleted else b""
