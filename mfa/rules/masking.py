"""How phone numbers and email addresses are shortened for display."""

from collections.abc import Iterable
from itertools import takewhile
from operator import eq


def ending(number: str) -> str:
    """Return the last two digits of an E.164 number. Pages never show more (PS-10)."""
    return number[-2:]


def masked_email(address: str, letters: int = 1) -> str:
    """Return `a…@example.org` for an address and `…` for anything else."""
    name, at, domain = address.rpartition("@")
    return f"{name[:letters]}…@{domain}" if at else "…"


def masked_apart(address: str, others: Iterable[str]) -> str:
    """Mask an address, with just enough letters to tell it from the others."""
    return masked_email(address, max((_letters(address, other) for other in others), default=1))


def masked_pair(old: str, new: str) -> tuple[str, str]:
    """Mask two addresses, with just enough letters to tell them apart (P09)."""
    letters = _letters(old, new)
    return masked_email(old, letters), masked_email(new, letters)


def _letters(one: str, other: str) -> int:
    same_domain = one.rpartition("@")[2] == other.rpartition("@")[2]
    return sum(takewhile(bool, map(eq, one, other))) + 1 if same_domain else 1
