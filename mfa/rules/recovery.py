"""The format of recovery codes: 65 bits in 13 letters and digits."""

from enum import StrEnum

from mfa.rules import base32

# NIST SP 800-63B-4, 4.2.1.1: at least 64 bits
BITS = 65
LENGTH = 13
GROUPS = (slice(0, 4), slice(4, 8), slice(8, LENGTH))
# Longer input is not looked at, such as a pasted line of text (OT-09).
LONGEST_INPUT = 60


class Misspelled(StrEnum):
    """Why typed text is not a recovery code."""

    EMPTY = "empty"
    STRANGE = "strange"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"


def spell(number: int) -> str:
    """Return the 13 characters of a number below 2**65."""
    return base32.spell(number, LENGTH)


def grouped(code: str) -> str:
    """Return a code as pages show it: XXXX-XXXX-XXXXX."""
    return "-".join(code[group] for group in GROUPS)


def normalize(typed: str) -> str | Misspelled:
    """Return the 13 characters without case, spaces and look-alikes, or what is wrong."""
    if len(typed) > LONGEST_INPUT:
        return Misspelled.TOO_LONG
    code = "".join(c for c in base32.tidy(typed) if c.isalnum())
    if not code:
        return Misspelled.EMPTY
    if not base32.is_spelled(code):
        return Misspelled.STRANGE
    if len(code) < LENGTH:
        return Misspelled.TOO_SHORT
    return code if len(code) == LENGTH else Misspelled.TOO_LONG
