"""Base 32 encoding (five bits per letter) for app secrets, recovery codes and support references.

Authenticator apps read the alphabet of RFC 4648. People read Crockford's alphabet
(crockford.com/base32), which leaves out letters that look like digits.
"""

import base64

from mfa.rules.digits import plain

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
LOOK_ALIKES = str.maketrans("ILOU", "110V")
SEPARATORS = str.maketrans("", "", "- ")
# The largest prime below 32 * 32. Two check letters detect a misheard reference.
CHECK = 1021
CHECK_LETTERS = 2
# The number takes at least six letters. Twelve are enough for any row id.
REFERENCE_LETTERS = range(8, 15)


def encode(secret: bytes) -> str:
    """Encode an app secret in the alphabet of RFC 4648, without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Decode a secret written by `encode`. Raises ValueError for anything else."""
    return base64.b32decode(text + "=" * (-len(text) % 8))


def spell(number: int, length: int) -> str:
    """Write a number in Crockford's alphabet, padded with zeros to `length` letters."""
    letters = ""
    while number or len(letters) < length:
        number, digit = divmod(number, len(ALPHABET))
        letters = ALPHABET[digit] + letters
    return letters


def read(letters: str) -> int:
    """Return the number that `spell` wrote. Raises KeyError for letters outside the alphabet."""
    number = 0
    for letter in letters:
        number = number * len(ALPHABET) + VALUES[letter]
    return number


def tidy(typed: str) -> str:
    """Normalize typed letters for `read`: capitals, ASCII digits, look-alikes replaced."""
    return plain(typed).upper().translate(LOOK_ALIKES)


def is_spelled(letters: str) -> bool:
    """Whether the text has only letters of Crockford's alphabet."""
    return set(letters) <= set(ALPHABET)


def reference_to(number: int) -> str:
    """Return the support reference of a row, such as 0007-K3QM, which people can read out."""
    letters = spell(number, 6) + spell(number % CHECK, CHECK_LETTERS)
    return f"{letters[:-4]}-{letters[-4:]}"


def number_in(reference: str) -> int | None:
    """Return the row number of a reference, or None if it is misheard or not a reference."""
    letters = tidy(reference).translate(SEPARATORS)
    if len(letters) not in REFERENCE_LETTERS or not is_spelled(letters):
        return None
    number = read(letters[:-CHECK_LETTERS])
    return number if number % CHECK == read(letters[-CHECK_LETTERS:]) else None
