"""Six-digit codes, derived from a challenge and never stored."""

import hashlib
import hmac
import json
import unicodedata
from dataclasses import astuple, dataclass
from enum import StrEnum

from mfa.rules.digits import plain

DIGITS = 6
# A pasted line of text is no code; nothing longer is even looked at (OT-09).
LONGEST_INPUT = 40
# Dashes, and the invisible marks that come along with copied text
IGNORED = {"Pd", "Cf"}


class Misshapen(StrEnum):
    """Why typed text cannot be a code (OT-09)."""

    EMPTY = "empty"
    NOT_DIGITS = "not_digits"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """All that one code is bound to: change any of them and the code is another (OT-04).

    `challenge` is 128 random bits in hex, `browser` the SHA-256 in hex of the session's nonce.
    """

    challenge: str
    user: str
    purpose: str
    channel: str
    target: str
    browser: str


def key_of(secret: str) -> bytes:
    """Return the 32-byte key of codes under one secret key."""
    return hmac.digest(secret.encode(), b"mfa.rules.codes", hashlib.sha256)


def fingerprint(key: bytes) -> str:
    """Name a key in 8 hex digits without telling it."""
    return hashlib.sha256(key).hexdigest()[:8]


def browser_of(nonce: str) -> str:
    """Return the name of a browser: the SHA-256, in hex, of the nonce its session keeps."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def derive(key: bytes, binding: Binding) -> str:
    """Return the code: HMAC-SHA256 truncated as HOTP does (RFC 4226, 5.3), zero-padded."""
    digest = hmac.digest(key, json.dumps(astuple(binding)).encode(), hashlib.sha256)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def normalize(typed: str) -> str | Misshapen:
    """Return the six digits of any keyboard, spaces and dashes dropped, or say what is wrong."""
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
