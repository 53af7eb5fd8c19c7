"""Recovery codes: their format, and which input is accepted (LK-01)."""

import pytest
from hypothesis import given, strategies as st

from mfa.rules.base32 import ALPHABET
from mfa.rules.recovery import (
    BITS,
    LENGTH,
    LONGEST_INPUT,
    Misspelled,
    grouped,
    normalize,
    spell,
)

NUMBERS = st.integers(min_value=0, max_value=2**BITS - 1)
CODE = "0123456789ABC"


def test_thirteen_characters_have_65_bits():
    """NIST SP 800-63B-4, 4.2.1.1: 64 at least."""
    assert BITS == 65
    assert len(ALPHABET) ** LENGTH == 2**BITS


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (0, "0" * 13),
        (2**60, "1" + "0" * 12),
        (2**65 - 1, "Z" * 13),
    ],
)
def test_number_is_formatted_for_its_country(number, code):
    assert spell(number) == code


def test_code_is_shown_in_groups():
    assert grouped(CODE) == "0123-4567-89ABC"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        "0123-4567-89ABC",
        "0123 4567 89abc",
        " 0123456789abc\n",
        "0123\u2013456789\u00a0abc\u200b",
        "o123456789abc",
        "OI23456789ABC",
        "0l23456789abc",
        "0i23456789abc",
        "\u0660\u0661\u0662\u0663-4567-89ABC",
        "\uff10\uff11\uff12\uff13\u30004567\uff0d89\uff21\uff42C",
    ],
)
def test_case_spaces_dashes_and_look_alikes_are_ignored(typed):
    assert normalize(typed) == CODE


def test_letter_u_is_read_as_v():
    assert normalize("uU00000000000") == "VV00000000000"


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("", Misspelled.EMPTY),
        (" - ", Misspelled.EMPTY),
        ("012345678\u00e9ABC", Misspelled.STRANGE),
        ("\u2460123456789ABC", Misspelled.STRANGE),
        (CODE[:12], Misspelled.TOO_SHORT),
        (CODE + "0", Misspelled.TOO_LONG),
        ("1" * LONGEST_INPUT, Misspelled.TOO_LONG),
        (ALPHABET, Misspelled.TOO_LONG),
        ("-" * (LONGEST_INPUT + 1), Misspelled.TOO_LONG),
        ("-" * LONGEST_INPUT, Misspelled.EMPTY),
    ],
)
def test_invalid_code_has_a_reason(typed, wrong):
    assert normalize(typed) is wrong


def test_longest_accepted_input_is_fixed():
    assert LONGEST_INPUT == 60


@given(NUMBERS)
def test_shown_code_can_be_entered(number):
    code = spell(number)
    assert normalize(grouped(code)) == code
    assert normalize(grouped(code).lower()) == code


@given(NUMBERS, NUMBERS)
def test_two_numbers_have_two_spellings(one, other):
    assert (spell(one) == spell(other)) == (one == other)


@given(st.text())
def test_any_text_is_answered(typed):
    code = normalize(typed)
    assert isinstance(code, Misspelled) or len(code) == LENGTH
