"""Recovery codes as people read and type them: 65 bits in 13 letters and digits.

Crockford's base 32 (crockford.com/base32): no letter that looks like a digit.
"""

from enum import StrEnum

from mfa.rules.digits import plain

# NIST SP 800-63B-4, 4.2.1.1: at least 64 bits
BITS = 65
LENGTH = 13
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKES = str.maketrans("ILOU", "110V")
GROUPS = (slice(0, 4), slice(4, 8), slice(8, LENGTH))
# A pasted line of text is no code; nothing longer is even looked at (OT-09).
LONGEST_INPUT = 60


class Misspelled(StrEnum):
    """Why typed text cannot be a recovery code."""

    EMPTY = "empty"
    STRANGE = "strange"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"


def spell(number: int) -> str:
    """Return the 13 signs of a number below 2**65."""
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def grouped(code: str) -> str:
    """Return a code as it is shown: XXXX-XXXX-XXXXX."""
    return "-".join(code[group] for group in GROUPS)


def normalize(typed: str) -> str | Misspelled:
    """Return the 13 signs whatever the case, blanks and look-alikes, or say what is wrong."""
    if len(typed) > LONGEST_INPUT:
        return Misspelled.TOO_LONG
    code = "".join(c for c in plain(typed).upper() if c.isalnum()).translate(LOOK_ALIKES)
    if not code:
        return Misspelled.EMPTY
    if not set(code) <= set(ALPHABET):
        return Misspelled.STRANGE
    if len(code) < LENGTH:
        return Misspelled.TOO_SHORT
    return code if len(code) == LENGTH else Misspelled.TOO_LONG
