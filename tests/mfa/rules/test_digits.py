"""Digits of all keyboards."""

import sys
import unicodedata

import pytest

from mfa.rules.digits import plain

ZEROS = [chr(code) for code in range(sys.maxunicode) if unicodedata.decimal(chr(code), None) == 0]


def test_every_decimal_digit_of_unicode_is_read() -> None:
    assert len(ZEROS) > 60
    for zero in ZEROS:
        typed = "".join(chr(ord(zero) + digit) for digit in range(10))
        assert plain(typed) == "0123456789"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ""),
        ("Ab-1 \u00e9", "Ab-1 \u00e9"),
        ("\uff21\uff3a\uff41\uff5a", "AZaz"),
        ("\uff20\uff3b\uff40\uff5b", "\uff20\uff3b\uff40\uff5b"),
        ("\u00b2\u2460\u00bd", "\u00b2\u2460\u00bd"),
    ],
)
def test_only_digits_and_full_width_letters_change(typed: str, read: str) -> None:
    assert plain(typed) == read
