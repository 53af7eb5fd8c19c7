"""What masking leaves visible."""

import pytest
from hypothesis import given, strategies as st

from mfa.rules.masking import ending, masked_apart, masked_email, masked_pair


def test_ending_is_two_digits():
    assert ending("+447546123456") == "56"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("alice@example.org", "a…@example.org"),
        ("b@example.org", "b…@example.org"),
        ('"a@b"@example.org', '"…@example.org'),
        ("@example.org", "…@example.org"),
        ("alice", "…"),
        ("", "…"),
    ],
)
def test_masked_address_keeps_its_first_letter_and_domain(address, expected):
    assert masked_email(address) == expected


@given(st.from_regex(r"\+[0-9]{8,15}", fullmatch=True))
def test_ending_shows_two_digits(number):
    assert len(ending(number)) == len("56")
    assert number.endswith(ending(number))


@given(st.text())
def test_ending_is_never_longer(text):
    assert len(ending(text)) <= len("56")


@given(st.text(), st.from_regex(r"[a-z]+\.org", fullmatch=True))
def test_masked_name_shows_one_letter(name, domain):
    assert masked_email(f"{name}@{domain}") == f"{name[:1]}…@{domain}"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("alice@example.org", "bob@example.org", ("a…@example.org", "b…@example.org")),
        ("alice@example.org", "alice@example.net", ("a…@example.org", "a…@example.net")),
        ("alice@example.org", "amy@example.org", ("al…@example.org", "am…@example.org")),
        ("alice@example.org", "alice2@example.org", ("alice…@example.org", "alice2…@example.org")),
        ('"a@b"@example.org', '"a@c"@example.org', ('"a@b…@example.org', '"a@c…@example.org')),
    ],
)
def test_two_masked_addresses_differ_with_fewest_letters(old, new, shown):
    """P09."""
    assert masked_pair(old, new) == shown


@pytest.mark.parametrize(
    ("others", "shown"),
    [
        ((), "a…@example.org"),
        (("bob@example.org",), "a…@example.org"),
        (("alice@example.net", "amy@example.com"), "a…@example.org"),
        (("amy@example.org",), "al…@example.org"),
        (("amy@example.org", "alina@example.org", "bob@example.org"), "alic…@example.org"),
    ],
)
def test_masked_address_differs_from_all_others_with_fewest_letters(others, shown):
    """Issue 13: two of a person's emails on one page."""
    assert masked_apart("alice@example.org", others) == shown
