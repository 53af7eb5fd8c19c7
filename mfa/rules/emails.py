"""Normalization of email addresses, and the addresses that we cannot send to."""

import unicodedata
from enum import StrEnum

# RFC 5321, 4.5.3.1, allows 254 characters. Real input is never longer than this.
LONGEST_SPELLING = 500
# ASCII characters as East Asian keyboards type them, and the full stops of IDNA (RFC 3490, 3.1)
FULL_WIDTH: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0x3002, 0xFF61, 0xFE52), "."),
    0xFE6B: "@",
}
# Invisible characters outside category Cf: joiners, fillers, spaces and variation selectors
INVISIBLE = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
INVISIBLE |= {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
FORMAT = "Cf"
SCHEME = "mailto:"
# What may follow an address in a list, and the final dot of a domain
COMMAS, DOT = ",;", "."
# Pairs that may surround a copied address. A single quote can be part of the address.
PAIRS = {'"': '"', "'": "'", "<": ">", "(": ")", "[": "]", "“": "”", "„": "“", "‘": "’", "«": "»"}  # noqa: RUF001 quotes as people paste them
# Two standards disagree on these letters: IDNA 2003 reads ß as ss (UTS 46, 4.1.2).
DISPUTED = frozenset("ßς")
IDNA = "idna"


class Flaw(StrEnum):
    """Why mail may not reach an address, or may reach a different one."""

    NAME = "name"  # before the @: accents, other alphabets or quotes
    DOMAIN = "domain"


def normalize(typed: str) -> str:
    """Return the form of an address that is stored, looked up and counted.

    It is lowercase, without invisible and surrounding characters, and with the domain as in the DNS
    (xn--…). Text that is not an address is cleaned as far as possible.
    """
    if len(typed) > LONGEST_SPELLING:
        return typed
    text = _unwrapped(visible(typed))
    name, at, domain = text.rpartition("@")
    return f"{name}{at}{_ascii(domain)}" if at else text


def visible(typed: str) -> str:
    """Return lowercase text without invisible and full-width characters, in NFC."""
    text = typed.translate(FULL_WIDTH).lower()
    if text.isascii():
        return text
    kept = (c for c in text if ord(c) not in INVISIBLE and unicodedata.category(c) != FORMAT)
    return unicodedata.normalize("NFC", "".join(kept))


def flaw(email: str) -> Flaw | None:
    """Return why we cannot send to a normalized address. A validator finds all other mistakes."""
    name, _, domain = email.rpartition("@")
    if not name.isascii() or '"' in name:
        return Flaw.NAME
    return None if domain.isascii() else Flaw.DOMAIN


def _unwrapped(text: str) -> str:
    bare = text.strip().strip(COMMAS).rstrip(DOT).removeprefix(SCHEME)
    if PAIRS.get(bare[:1]) == bare[-1:]:
        bare = bare[1:-1]
    return text if bare == text else _unwrapped(bare)


def _ascii(domain: str) -> str:
    """Return the domain as in the DNS, or unchanged if it is invalid or ambiguous."""
    if DISPUTED & set(domain):
        return domain
    try:
        known = domain.encode(IDNA).decode()
    except UnicodeError:
        return domain
    # A character such as ㏂ stands for several letters with dots, which changes the domain.
    return known if known.count(".") == domain.count(".") else domain
