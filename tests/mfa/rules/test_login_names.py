"""Usernames: one normal form for each, and none that looks like an email (K3)."""

import pytest
from hypothesis import given, strategies as st

from mfa.rules.emails import LONGEST_SPELLING
from mfa.rules.login_names import is_email, normalize

STORED = "jo.smith_7"


@pytest.mark.parametrize(
    "typed",
    [
        STORED,
        "Jo.Smith_7",
        "  jo.smith_7\r\n",
        "\u00a0jo.smith_7\u3000",
        "jo.\u200bsmith_7\ufeff",
        "\uff4a\uff4f\uff0esmith_\uff17",
        "jo.\u017fmith_7",
        "jo.smith_\u2077",
    ],
)
def test_spellings_of_one_username_are_stored_alike(typed: str) -> None:
    assert normalize(typed) == STORED


def test_letters_are_folded_in_every_language() -> None:
    assert normalize("STRASSE") == normalize("Straße") == "strasse"
    assert normalize("Ame\u0301lie") == normalize("AMÉLIE") == "amélie"
    # This letter becomes a capital first, so it is folded twice.
    assert normalize("\u03d2") == "\u03c5"


@given(st.text(max_size=20))
def test_normalizing_again_changes_nothing(typed: str) -> None:
    assert normalize(normalize(typed)) == normalize(typed)


def test_endless_text_is_returned_as_it_is() -> None:
    assert normalize("A" * LONGEST_SPELLING) == "a" * LONGEST_SPELLING
    assert normalize("A" * (LONGEST_SPELLING + 1)) == "A" * (LONGEST_SPELLING + 1)


@pytest.mark.parametrize("typed", ["jo@example.org", "jo\uff20example.org", "jo\ufe6bexample"])
def test_login_name_with_an_at_sign_is_an_email(typed: str) -> None:
    assert is_email(typed)
    assert not is_email(STORED)
