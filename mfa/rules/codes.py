"""Six-digit codes, which are derived from a challenge and never stored."""

import hashlib
import hmac
import json
import unicodedata
from dataclasses import astuple, dataclass
from enum import StrEnum

from mfa.rules.digits import plain

DIGITS = 6
# Longer input is not looked at, such as a pasted line of text (OT-09).
LONGEST_INPUT = 40
# Unicode categories to ignore: dashes, and invisible marks in copied text
IGNORED = {"Pd", "Cf"}


class Misshapen(StrEnum):
    """Why typed text is not a six-digit code (OT-09)."""

    EMPTY = "empty"
    NOT_DIGITS = "not_digits"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Everything a code depends on: if one value changes, the code changes (OT-04).

    `challenge` is 128 random bits in hex. `browser` is the SHA-256 of the session's nonce, in hex.
    """

    challenge: str
    user: str
    purpose: str
    channel: str
    target: str
    browser: str


def key_of(secret: str) -> bytes:
    """Derive the 32-byte key for codes from a secret key."""
    return hmac.digest(secret.encode(), b"mfa.rules.codes", hashlib.sha256)


def fingerprint(key: bytes) -> str:
    """Return 8 hex digits that identify a key without revealing it."""
    return hashlib.sha256(key).hexdigest()[:8]


def browser_of(nonce: str) -> str:
    """Return the SHA-256, in hex, of the nonce that a browser's session keeps."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def derive(key: bytes, binding: Binding) -> str:
    """Return the code: HMAC-SHA256, truncated as in HOTP (RFC 4226, 5.3), zero-padded."""
    digest = hmac.digest(key, json.dumps(astuple(binding)).encode(), hashlib.sha256)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def normalize(typed: str) -> str | Misshapen:
    """Return six ASCII digits without spaces and dashes, or what is wrong with the input."""
    if len(typed) > LONGEST_INPUT:
        return Misshapen.TOO_LONG
    kept = (c for c in typed if not (c.isspace() or unicodedata.category(c) in IGNORED))
    code = plain("".join(kept))
    if not code:
        return Misshapen.EMPTY
    if not (code.isascii() and code.isdigit()):
        return Misshapen.NOT_DIGITS
    if len(code) < DIGITS:
        return Misshapen.TOO_SHORT
    return code if len(code) == DIGITS else Misshapen.TOO_LONG
