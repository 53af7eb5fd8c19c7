"""Codes of authenticator apps: HOTP (RFC 4226) driven by the clock (RFC 6238)."""

import hashlib
import hmac
from urllib.parse import quote, urlencode

from mfa.rules import base32
from mfa.rules.codes import DIGITS, normalize

# RFC 4226, R6, recommends 160 bits.
SECRET_BYTES = 20
STEP_SECONDS = 30
# This step and one on each side, for network delay and clock drift (RFC 6238, 5.2)
AROUND = (-1, 0, 1)
# A clock that is wrong by up to ten minutes is recognized.
MOST_DRIFT = 20
DRIFTED = tuple(away for away in range(-MOST_DRIFT, MOST_DRIFT + 1) if away not in AROUND)
GROUP = 4


def hotp(secret: bytes, counter: int) -> str:
    """Return the code of a counter: six digits of HMAC-SHA-1 (RFC 4226, 5.3), zero-padded.

    SHA-1, because many apps support nothing else. It is safe as an HMAC (NIST SP 800-107, 5.3.4).
    """
    digest = hmac.digest(secret, counter.to_bytes(8), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_at(timestamp: float) -> int:
    """Return the number of the 30-second step at a Unix time."""
    return int(timestamp) // STEP_SECONDS


def step_of(secret: bytes, typed: str, *, now: float, after: int) -> int | None:
    """Return the step that a typed code belongs to, or None if it belongs to no valid step.

    Valid are the current step and one on each side, if they come after the last used step (TO-02).
    All are compared in constant time and in ASCII digits, so other formats of a code do not count
    as another code.
    """
    current = step_at(now)
    steps = [current + away for away in AROUND]
    code = normalize(typed)
    same = [step for step in steps if hmac.compare_digest(hotp(secret, step), code)]
    return next((step for step in same if step > after), None)


def drifted_step_of(secret: bytes, typed: str, *, now: float) -> int | None:
    """Return the step of a code that is right by a clock that is wrong, or None.

    Such a code is never accepted. It tells how wrong the clock of the phone is.
    """
    current, code = step_at(now), normalize(typed)
    steps = [current + away for away in DRIFTED]
    same = [step for step in steps if hmac.compare_digest(hotp(secret, step), code)]
    return next(iter(same), None)


def text_of(secret: bytes) -> str:
    """Return the secret for typing it into an app: base 32 in groups of four."""
    text = base32.encode(secret)
    return " ".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def address_of(secret: bytes, *, issuer: str, account: str) -> str:
    """Return the otpauth URI for the QR code.

    Source: Google Authenticator's "Key URI Format", which all apps read. Digits, period and hash
    are left out, because every app assumes the defaults.
    """
    words = {"secret": base32.encode(secret), "issuer": issuer}
    label = quote(f"{issuer}:{account}").replace("/", "%2F")
    return f"otpauth://totp/{label}?{urlencode(words, quote_via=quote)}"
