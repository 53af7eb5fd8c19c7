"""Conversion of digits and letters from any keyboard (Arabic, Persian, full width) to ASCII."""

import unicodedata

# Full-width capital and small letters, as a Japanese keyboard types them
FULL_WIDTH_LETTERS = {
    code: code - 0xFEE0 for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}


def plain(typed: str) -> str:
    """Return the text with decimal digits of all scripts and full-width letters in ASCII."""
    return "".join(map(_digit, typed)).translate(FULL_WIDTH_LETTERS)


def _digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character
