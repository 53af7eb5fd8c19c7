"""Email addresses: one spelling for each, and those to which no mail gets through."""

import unicodedata
from enum import StrEnum

# No honest spelling of the 254 characters that RFC 5321, 4.5.3.1, allows is longer.
LONGEST_SPELLING = 500
# What an East Asian keyboard types for ASCII, and the full stops of IDNA (RFC 3490, 3.1)
FULL_WIDTH: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0x3002, 0xFF61, 0xFE52), "."),
    0xFE6B: "@",
}
# Nobody sees these, beside the category Cf: joiners, fillers, blanks and variation selectors
INVISIBLE = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
INVISIBLE |= {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
FORMAT = "Cf"
SCHEME = "mailto:"
# What follows an address in a list, and the final dot of a domain
COMMAS, DOT = ",;", "."
# What stands around a copied address; a lone quote may be part of it.
PAIRS = {'"': '"', "'": "'", "<": ">", "(": ")", "[": "]", "“": "”", "„": "“", "‘": "’", "«": "»"}  # noqa: RUF001 quotes as people paste them
# Two standards disagree about where these lead: IDNA 2003 reads ß as ss (UTS 46, 4.1.2).
DISPUTED = frozenset("ßς")
IDNA = "idna"


class Flaw(StrEnum):
    """Why mail would not get through to an address, or would get to another one."""

    NAME = "name"  # before the @: accents and other alphabets, or quotes
    DOMAIN = "domain"


def normalize(typed: str) -> str:
    """Return the spelling in which an address is stored, looked up and counted.

    In lower case, without what nobody sees or what stands around it, the domain as the DNS has it
    (xn--…). Text that is no address comes back as far as it can be read.
    """
    if len(typed) > LONGEST_SPELLING:
        return typed
    text = _unwrapped(_visible(typed))
    name, at, domain = text.rpartition("@")
    return f"{name}{at}{_ascii(domain)}" if at else text


def flaw(email: str) -> Flaw | None:
    """Say what is wrong with a normalized address; other mistakes are a validator's business."""
    name, _, domain = email.rpartition("@")
    if not name.isascii() or '"' in name:
        return Flaw.NAME
    return None if domain.isascii() else Flaw.DOMAIN


def _visible(typed: str) -> str:
    text = typed.translate(FULL_WIDTH).lower()
    kept = (c for c in text if ord(c) not in INVISIBLE and unicodedata.category(c) != FORMAT)
    return unicodedata.normalize("NFC", "".join(kept))


def _unwrapped(text: str) -> str:
    bare = text.strip().strip(COMMAS).rstrip(DOT).removeprefix(SCHEME)
    if PAIRS.get(bare[:1]) == bare[-1:]:
        bare = bare[1:-1]
    return text if bare == text else _unwrapped(bare)


def _ascii(domain: str) -> str:
    """Return the domain as the DNS has it; as it is where it is none, or not clearly one."""
    if DISPUTED & set(domain):
        return domain
    try:
        known = domain.encode(IDNA).decode()
    except UnicodeError:
        return domain
    # A sign such as ㏂, which stands for letters with dots, makes another domain of it.
    return known if known.count(".") == domain.count(".") else domain
