"""How phone numbers and email addresses are shortened for display."""

from itertools import takewhile
from operator import eq


def ending(number: str) -> str:
    """Return the last two digits of an E.164 number. Pages never show more (PS-10)."""
    return number[-2:]


def masked_email(address: str, letters: int = 1) -> str:
    """Return `a…@example.org` for an address and `…` for anything else."""
    name, at, domain = address.rpartition("@")
    return f"{name[:letters]}…@{domain}" if at else "…"


def masked_pair(old: str, new: str) -> tuple[str, str]:
    """Mask two addresses, with just enough letters to tell them apart (P09)."""
    same_domain = old.rpartition("@")[2] == new.rpartition("@")[2]
    letters = sum(takewhile(bool, map(eq, old, new))) + 1 if same_domain else 1
    return masked_email(old, letters), masked_email(new, letters)
