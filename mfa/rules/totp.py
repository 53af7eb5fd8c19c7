"""Codes of authenticator apps: HOTP (RFC 4226) by the clock (RFC 6238)."""

import base64
import hashlib
import hmac
from urllib.parse import quote, urlencode

from mfa.rules.codes import DIGITS, normalize

# RFC 4226, R6, recommends 160 bits.
SECRET_BYTES = 20
STEP_SECONDS = 30
# This step, and one on each side for the network and for clocks that differ (RFC 6238, 5.2)
AROUND = (-1, 0, 1)
GROUP = 4


def hotp(secret: bytes, counter: int) -> str:
    """Return the code of one counter: six digits of HMAC-SHA-1 (RFC 4226, 5.3), zero-padded.

    SHA-1 because many apps know nothing else; as an HMAC it is sound (NIST SP 800-107, 5.3.4).
    """
    digest = hmac.digest(secret, counter.to_bytes(8), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_at(timestamp: float) -> int:
    """Return the running number of the 30 seconds around a Unix time."""
    return int(timestamp) // STEP_SECONDS


def step_of(secret: bytes, typed: str, *, now: float, after: int) -> int | None:
    """Return the step that the typed code belongs to, None if to none that is still good.

    Good are this step and one on each side, as far as they come after the last one used (TO-02).
    All of them are compared, in constant time, with the digits in ASCII: a code in another spelling
    is the same code.
    """
    current = step_at(now)
    steps = [current + away for away in AROUND]
    code = normalize(typed)
    same = [step for step in steps if hmac.compare_digest(hotp(secret, step), code)]
    return next((step for step in same if step > after), None)


def text_of(secret: bytes) -> str:
    """Return the secret as apps take it by hand: base 32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def address_of(secret: bytes, *, issuer: str, account: str) -> str:
    """Return the otpauth address that a QR code holds.

    Source: Google Authenticator's "Key URI Format", which all apps read; digits, period and hash
    are left at the values that every app assumes.
    """
    words = {"secret": text_of(secret).replace(" ", ""), "issuer": issuer}
    label = quote(f"{issuer}:{account}").replace("/", "%2F")
    return f"otpauth://totp/{label}?{urlencode(words, quote_via=quote)}"
