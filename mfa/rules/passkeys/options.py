"""Options: what the portal sends to a browser that makes or asks a passkey."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mfa.rules.passkeys.keys import ALGORITHMS

# A challenge has at least 16 random bytes (13.4.3).
CHALLENGE_BYTES = 32
# How long a browser waits, in milliseconds (15.1). The challenge is valid as long.
TIMEOUT = 300_000
# Where an authenticator is (5.8.7), in the order in which we offer them: this device, a phone
# beside it, a security key. And which of them a transport reaches (5.8.4)
HINTS = ("client-device", "hybrid", "security-key")
REACHED_BY = {
    "internal": "client-device",
    "hybrid": "hybrid",
    "usb": "security-key",
    "nfc": "security-key",
    "ble": "security-key",
    "smart-card": "security-key",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A person's passkey as browsers identify it: its id, and how to reach it."""

    credential_id: bytes
    transports: tuple[str, ...] = ()


def creation_options(
    challenge: bytes,
    *,
    site: str,
    portal: str,
    person: tuple[bytes, str],
    known: Iterable[Known],
) -> dict[str, Any]:
    """Return what a browser needs to make a passkey (PublicKeyCredentialCreationOptionsJSON).

    `person` has the user handle and the login name. `known` are the person's passkeys: the
    authenticators that hold them make no second one. The hints put this device first (5.8.7).
    """
    handle, name = person
    return {
        "rp": {"id": site, "name": portal},
        "user": {"id": encoded(handle), "name": name, "displayName": name},
        "challenge": encoded(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "timeout": TIMEOUT,
        "excludeCredentials": [_described(each) for each in known],
        "authenticatorSelection": {
            "residentKey": "preferred",
            "requireResidentKey": False,
            "userVerification": "preferred",
        },
        "hints": [*HINTS],
        "attestation": "none",
    }


def request_options(
    challenge: bytes, *, site: str, known: Iterable[Known] = (), verified: bool = False
) -> dict[str, Any]:
    """Return what a browser needs to ask a passkey (PublicKeyCredentialRequestOptionsJSON).

    Without `known` passkeys, the browser offers all that it has for the site.
    """
    held = tuple(known)
    return {
        "challenge": encoded(challenge),
        "timeout": TIMEOUT,
        "rpId": site,
        "allowCredentials": [_described(each) for each in held],
        "userVerification": "required" if verified else "preferred",
        "hints": hints_for(held),
    }


def hints_for(known: Iterable[Known]) -> list[str]:
    """Return where the browser should look for these passkeys first (5.8.7).

    A passkey whose transports are unknown can be anywhere.
    """
    held = tuple(known)
    reached = {REACHED_BY.get(name) for each in held for name in each.transports}
    if None in reached or not all(each.transports for each in held):
        return []
    return [hint for hint in HINTS if hint in reached]


def encoded(data: bytes) -> str:
    """Return bytes as base64url without padding, as WebAuthn writes them."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _described(known: Known) -> dict[str, Any]:
    described = {"type": "public-key", "id": encoded(known.credential_id)}
    return {**described, "transports": [*known.transports]} if known.transports else described
