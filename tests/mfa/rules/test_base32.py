"""Base 32: RFC 4648 for apps, Crockford's letters for people, references with check letters."""

import re

import pytest
from hypothesis import given, strategies as st

from mfa.rules.base32 import (
    ALPHABET,
    CHECK,
    decode,
    encode,
    is_spelled,
    number_in,
    read,
    reference_to,
    spell,
    tidy,
)

NUMBERS = st.integers(min_value=0, max_value=2**60 - 1)


# Secrets of apps


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (b"", ""),
        (b"f", "MY"),
        (b"fo", "MZXQ"),
        (b"foo", "MZXW6"),
        (b"foob", "MZXW6YQ"),
        (b"fooba", "MZXW6YTB"),
        (b"foobar", "MZXW6YTBOI"),
    ],
)
def test_vectors_of_rfc_4648_without_padding(secret, text):
    """Section 10."""
    assert encode(secret) == text
    assert decode(text) == secret


@given(st.binary(max_size=64))
def test_secret_is_decoded_unchanged(secret):
    assert decode(encode(secret)) == secret


@pytest.mark.parametrize("text", ["1", "MY!", "my", "M"])
def test_invalid_secret_raises(text):
    with pytest.raises(ValueError):  # noqa: PT011 - binascii says it in its own words
        decode(text)


# Numbers


def test_no_letter_looks_like_a_digit():
    assert len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


@pytest.mark.parametrize(
    ("number", "length", "letters"),
    [
        (0, 0, ""),
        (0, 2, "00"),
        (1, 2, "01"),
        (31, 2, "0Z"),
        (32, 2, "10"),
        (33, 1, "11"),
        (1023, 2, "ZZ"),
        (1024, 2, "100"),
    ],
)
def test_number_is_formatted_for_its_country(number, length, letters):
    assert spell(number, length) == letters
    assert read(letters) == number


@given(NUMBERS, st.integers(min_value=0, max_value=20))
def test_number_is_read_unchanged(number, length):
    assert read(spell(number, length)) == number


@given(st.text(alphabet=ALPHABET, max_size=20))
def test_letters_are_spelled_unchanged(letters):
    assert spell(read(letters), len(letters)) == letters


@pytest.mark.parametrize("letter", ["I", "U", "a", "-"])
def test_letter_outside_alphabet_is_refused(letter):
    assert not is_spelled(letter)
    with pytest.raises(KeyError):
        read(letter)


@pytest.mark.parametrize(
    ("typed", "letters"),
    [
        ("abc", "ABC"),
        ("oOiIlL", "001111"),
        ("uU", "VV"),
        ("\u0660\u0661\uff21\uff42", "01AB"),
        ("0 - é", "0 - É"),
        (ALPHABET, ALPHABET),
    ],
)
def test_typed_letters_are_normalized(typed, letters):
    assert tidy(typed) == letters


# References


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        (0, "0000-0000"),
        (7, "0000-0707"),
        (1021, "0000-ZX00"),
        (2**30, "10000-000V"),
    ],
)
def test_reference_is_number_and_its_check(number, reference):
    assert reference_to(number) == reference


@given(NUMBERS)
def test_reference_returns_its_number(number):
    reference = reference_to(number)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4,}-[0-9A-HJKMNP-TV-Z]{4}", reference)
    assert number_in(reference) == number


@pytest.mark.parametrize("told", ["0000-O7o7", "00000707", " 0000 07o7 ", "0-0-0-0-0 7 0 7"])
def test_reference_can_be_typed_in_any_format(told):
    assert number_in(told) == 7


def test_reference_with_wrong_letter_is_refused():
    right = reference_to(42).replace("-", "")
    wrong = [
        right[:place] + letter + right[place + 1 :]
        for place in range(len(right))
        for letter in ALPHABET.replace(right[place], "")
    ]
    assert [number_in(reference) for reference in wrong] == [None] * (8 * 31)


@pytest.mark.parametrize(
    "typed",
    ["", "0", "0" * 7, "0" * 15, "alice@example.org", "x" * 200, "U" * 8, "Ünïcödé1", "0.0000000"],
)
def test_invalid_reference_is_refused(typed):
    assert number_in(typed) is None


@pytest.mark.parametrize("length", [8, 14])
def test_shortest_and_longest_reference(length):
    assert number_in("0" * length) == 0


def test_reference_check_uses_a_prime_below_two_letters():
    assert len(ALPHABET) ** 2 > CHECK
    assert all(CHECK % divisor for divisor in range(2, CHECK))
