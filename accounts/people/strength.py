"""Weak passwords: stolen ones, and those made of words, keyboard walks, runs and repeats.

zxcvbn 4.5 was evaluated and rejected: 72 specially chosen characters cost 15 s of CPU, and it keeps
a person's names in a dictionary that all threads share.
"""

import gzip
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.contrib.auth.password_validation import CommonPasswordValidator

STOLEN = Path(__file__).parent.parent / "data/long_passwords.txt.gz"
# What a part of a password is worth, in characters to guess. A word out of 20,000 has as many bits
# as three letters and digits. The other patterns are found in a few attempts.
WORD, TRICK = 3, 1
SHORTEST_WORD, SHORTEST_NAME, SHORTEST_RUN, SHORTEST_WALK = 4, 3, 3, 4
LONGEST_WORD = 24
# Substitutions that every guessing program tries
LEET = str.maketrans("@4083157$!", "aaobelstsi")
YEAR = re.compile(r"(?:19|20)\d\d")
KEYBOARDS = (
    ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"),
    ("1234567890ß", "qwertzuiopü+", "asdfghjklöä#", "yxcvbnm,.-"),
    ("1234567890", "azertyuiop^$", "qsdfghjklmù*", "wxcvbn,;:!"),
)


@cache
def _stolen() -> bytes:
    # One block of 6 MB. A set of the strings would take 40 MB per process.
    return b"\n" + gzip.decompress(STOLEN.read_bytes())


@cache
def _words() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


@cache
def _neighbors() -> frozenset[tuple[str, str]]:
    """Pairs of adjacent keys on any of the keyboards."""
    keys = [
        {(row, column): key for row, line in enumerate(board) for column, key in enumerate(line)}
        for board in KEYBOARDS
    ]
    steps = [
        (down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)
    ]
    return frozenset(
        (key, board[row + down, column + right])
        for board in keys
        for (row, column), key in board.items()
        for down, right in steps
        if (row + down, column + right) in board
    )


def is_known(password: str) -> bool:
    """Whether the whole password, in any case, is on a list of common or stolen ones."""
    text = password.lower()
    if "\n" in text:
        return False
    return text in _words() or f"\n{text}\n".encode() in _stolen()


def worth(password: str, names: frozenset[str] = frozenset()) -> int:
    """Count the characters to guess, after everything that guessing programs try first.

    `names` are lowercase words that an attacker knows about this person and the portal.
    """
    text = password.lower()
    total = at = 0
    while at < len(text):
        length, value = max(_parts(text, at, names), key=lambda part: (part[0], -part[1]))
        total += value
        at += length
    return total


def _parts(text: str, at: int, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield the possible parts from here: their length and worth."""
    yield 1, 1
    for length in (_run(text, at), _sequence(text, at), _walk(text, at), _repeat(text, at)):
        if length:
            yield length, TRICK
    if YEAR.match(text, at):
        yield len("2026"), TRICK
    if length := _longest(text, at, names, SHORTEST_NAME):
        yield length, TRICK
    if length := _longest(text, at, _words(), SHORTEST_WORD):
        yield length, WORD


def _run(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end] == text[at]:
        end += 1
    return end - at if end - at >= SHORTEST_RUN else 0


def _sequence(text: str, at: int) -> int:
    return max(_steps(text, at, 1), _steps(text, at, -1))


def _steps(text: str, at: int, step: int) -> int:
    """Return the length of a run such as abc, 321 or 8901. Digits wrap around."""
    end = at + 1
    while end < len(text) and _follows(text[end - 1], text[end], step):
        end += 1
    return end - at if end - at >= SHORTEST_RUN else 0


def _follows(one: str, other: str, step: int) -> bool:
    if one.isdecimal() and other.isdecimal():
        return (int(one) + step) % 10 == int(other)
    return one.isalpha() and other.isalpha() and ord(one) + step == ord(other)


def _walk(text: str, at: int) -> int:
    end = at + 1
    while end < len(text) and (text[end - 1], text[end]) in _neighbors():
        end += 1
    return end - at if end - at >= SHORTEST_WALK else 0


def _repeat(text: str, at: int) -> int:
    """Return the length of a repetition of earlier text, forward or backward."""
    before = f"{text[:at]}\n{text[:at][::-1]}"
    length = 0
    while at + length < len(text) and text[at : at + length + 1] in before:
        length += 1
    return length if length >= SHORTEST_RUN else 0


def _longest(text: str, at: int, words: frozenset[str], shortest: int) -> int:
    plain = text.translate(LEET)
    for length in range(min(LONGEST_WORD, len(text) - at), shortest - 1, -1):
        end = at + length
        if text[at:end] in words or plain[at:end] in words:
            return length
    return 0
