"""Codes of authenticator apps: the RFCs' test vectors, the window, single use (TO-01, TO-02)."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, strategies as st

from mfa.rules.totp import (
    AROUND,
    SECRET_BYTES,
    STEP_SECONDS,
    address_of,
    drifted_step_of,
    hotp,
    step_at,
    step_of,
    text_of,
)

# RFC 4226, appendix D, and RFC 6238, appendix B
SECRET = b"12345678901234567890"
NOON = 1_772_452_800.0
NOW = step_at(NOON)


@pytest.mark.parametrize(
    ("counter", "code"),
    list(
        enumerate(
            [
                "755224",
                "287082",
                "359152",
                "969429",
                "338314",
                "254676",
                "287922",
                "162583",
                "399871",
                "520489",
            ]
        )
    ),
)
def test_vectors_of_rfc_4226(counter, code):
    assert hotp(SECRET, counter) == code


@pytest.mark.parametrize(
    ("timestamp", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_vectors_of_rfc_6238(timestamp, eight_digits):
    """Six digits are the last six of eight."""
    assert hotp(SECRET, step_at(timestamp)) == eight_digits[2:]


def test_labels_without_variables_are_constant():
    """TO-01, TO-02."""
    assert (SECRET_BYTES * 8, STEP_SECONDS, AROUND) == (160, 30, (-1, 0, 1))


@pytest.mark.parametrize(("timestamp", "step"), [(0, 0), (29.9, 0), (30, 1), (59.999, 1), (60, 2)])
def test_step_is_thirty_seconds(timestamp, step):
    assert step_at(timestamp) == step


@pytest.mark.parametrize(
    ("away", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_one_step_of_tolerance_on_each_side(away, good):
    typed = hotp(SECRET, NOW + away)
    found = step_of(SECRET, typed, now=NOON, after=0)
    assert found == (NOW + away if good else None)


@pytest.mark.parametrize("used", [-1, 0, 1])
def test_used_step_and_earlier_ones_are_refused(used):
    for away in (-1, 0, 1):
        typed = hotp(SECRET, NOW + away)
        found = step_of(SECRET, typed, now=NOON, after=NOW + used)
        assert found == (NOW + away if away > used else None)


@pytest.mark.parametrize("away", [-21, -20, -2, -1, 0, 1, 2, 20, 21])
def test_clock_that_is_wrong_by_ten_minutes_is_recognized(away):
    typed = hotp(SECRET, NOW + away)
    known = NOW + away if 2 <= abs(away) <= 20 else None
    assert drifted_step_of(SECRET, typed, now=NOON) == known


def test_clock_is_taken_as_slow_if_a_code_repeats():
    """This secret has the code 353827 in two steps near noon."""
    twice = (5492).to_bytes(SECRET_BYTES)
    assert hotp(twice, NOW - 13) == hotp(twice, NOW + 14) == "353827"
    assert drifted_step_of(twice, "353827", now=NOON) == NOW - 13


def test_wrong_clock_is_read_in_other_digits():
    typed = hotp(SECRET, NOW + 9)
    spelled = "".join(chr(ord("\u0660") + int(digit)) for digit in typed)
    assert drifted_step_of(SECRET, spelled, now=NOON) == NOW + 9


def test_code_of_other_secret_is_refused():
    assert step_of(SECRET[::-1], hotp(SECRET, NOW), now=NOON, after=0) is None


@pytest.mark.parametrize("typed", ["", "0", "abcdef"])
def test_other_text_is_refused(typed):
    assert step_of(SECRET, typed, now=NOON, after=0) is None


@pytest.mark.parametrize("zero", ["\u0660", "\u06f0", "\u0966", "\uff10"])
def test_code_in_other_digits_is_the_same_code(zero):
    """X13: otherwise a used code would work again."""
    ascii_code = hotp(SECRET, NOW)
    typed = "".join(chr(ord(zero) + int(digit)) for digit in ascii_code)
    for spelling in (typed, f" {typed[:3]} {typed[3:]}", f"{ascii_code[:3]}-{typed[3:]}"):
        assert step_of(SECRET, spelling, now=NOON, after=0) == NOW
        assert step_of(SECRET, spelling, now=NOON, after=NOW) is None


def test_unused_step_counts_if_two_share_a_code():
    """Two of the three codes are equal in one of about 300,000 windows, such as this one."""
    twins = 910_737
    typed = hotp(SECRET, twins)
    assert hotp(SECRET, twins + 1) == typed
    now = (twins + 1) * STEP_SECONDS
    assert step_of(SECRET, typed, now=now, after=0) == twins
    assert step_of(SECRET, typed, now=now, after=twins) == twins + 1


def test_secret_is_shown_in_groups_of_four():
    assert text_of(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"


@pytest.mark.parametrize(("secret", "text"), [(b"1", "GE"), (bytes([0, 0, 0, 0, 23]), "AAAA AAAX")])
def test_text_drops_padding_and_keeps_letters(secret, text):
    assert text_of(secret) == text


@pytest.mark.parametrize("issuer", ["Acme Portal", "A & B: 100 %", "Škoda"])
def test_otpauth_uri_is_readable_by_apps(issuer):
    address = address_of(SECRET, issuer=issuer, account="alice+x@example.org")
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path[1:]) == f"{issuer}:alice+x@example.org"
    assert parse_qs(parts.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        "issuer": [issuer],
    }


def test_otpauth_uri_is_encoded():
    """Some apps do not decode a plus sign, so a space is %20. A slash must not end the label."""
    assert address_of(b"1", issuer="A B/C", account="x@y") == (
        "otpauth://totp/A%20B%2FC%3Ax%40y?secret=GE&issuer=A%20B%2FC"
    )


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**40))
def test_code_is_six_digits(secret, counter):
    code = hotp(secret, counter)
    assert len(code) == 6
    assert code.isdigit()


@given(st.binary(min_size=20, max_size=20), st.integers(31, 2**33), st.integers(0, 2**30))
def test_code_is_valid_once(secret, now, used):
    typed = hotp(secret, step_at(now))
    found = step_of(secret, typed, now=now, after=used)
    assert found is None or found > used
    if found is not None:
        assert step_of(secret, typed, now=now, after=found) in {None, found + 1}
