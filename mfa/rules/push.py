"""Approval on the phone: the number to type, what a phone signs, and the state of a request."""

from datetime import datetime, timedelta
from enum import StrEnum

from mfa.rules.codes import Binding, derive

# docs/security.md: long enough to take the phone out of a bag
LIFE = timedelta(seconds=120)
# An approved request waits this long for the browser that asked. Without script, a person presses
# Continue there.
COLLECT_WITHIN = timedelta(seconds=120)
# The code beside the QR code, and the phone's answer to its test
SETUP_LASTS = timedelta(minutes=10)
# Two digits without a leading zero, which people drop
LOWEST, NUMBERS = 10, 90
DIGITS = 2
# A later format gets another first line, so that no signature fits both.
APPROVAL, SETUP, RENEWAL = (f"portal {what} 1" for what in ("approval", "phone", "subscription"))


class Decision(StrEnum):
    """What a person answers on the phone."""

    APPROVE = "approve"
    DENY = "deny"


class RequestState(StrEnum):
    """The state of a request. All but OPEN are final; only an approved one can become USED.

    MISTYPED: another number was typed. REPLACED: a newer request took its place. EXPIRED is never
    stored.
    """

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    MISTYPED = "mistyped"
    REPLACED = "replaced"
    USED = "used"
    EXPIRED = "expired"


def number_of(key: bytes, *, request: str, user: str, purpose: str, browser: str) -> str:
    """Return the number that the login shows: derived as codes are, and never stored.

    `request` is 128 random bits in hex, and `browser` the SHA-256 of the session's nonce in hex.
    """
    binding = Binding(
        challenge=request, user=user, purpose=purpose, channel="push", target="", browser=browser
    )
    return str(LOWEST + int(derive(key, binding)) % NUMBERS)


def is_number(typed: str) -> bool:
    """Whether this can be the number of a login."""
    return len(typed) == DIGITS and typed.isascii() and typed.isdigit()


def answer_text(request: str, number: str, decision: Decision) -> bytes:
    """Return what a phone signs to answer. `request` is the id of the page's address."""
    return f"{APPROVAL}\n{request}\n{number}\n{decision}".encode()


def setup_text(code: str, endpoint: str) -> bytes:
    """Return what a new phone signs: it has the code, and gets messages at the endpoint."""
    return f"{SETUP}\n{code}\n{endpoint}".encode()


def renewal_text(phone: str, endpoint: str) -> bytes:
    """Return what a known phone signs when it gets messages at another endpoint, or none ("")."""
    return f"{RENEWAL}\n{phone}\n{endpoint}".encode()


def state_of(stored: RequestState, created_at: datetime, now: datetime) -> RequestState:
    """Return the state of a request now."""
    over = stored is RequestState.OPEN and now - created_at >= LIFE
    return RequestState.EXPIRED if over else stored
