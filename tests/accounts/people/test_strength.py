"""What guessing programs try first (PW-05)."""

import pytest
from hypothesis import given, strategies as st

from accounts.people import strength
from accounts.people.validators import LONGEST
from tests.portal_client import PASSWORD


def test_list_has_over_3000_long_enough_passwords() -> None:
    """PW-05: NIST SP 800-63B-4 requires entries that satisfy the length rule."""
    stolen = strength._stolen().decode().strip("\n").split("\n")
    assert len(stolen) > 300_000
    assert min(len(entry) for entry in stolen) == 15
    assert stolen == sorted(set(stolen))
    assert not [entry for entry in stolen if entry != entry.lower()]


@pytest.mark.parametrize(
    ("password", "known"),
    [
        ("polniypizdec0211", True),
        ("PolniyPizdec0211", True),
        ("123456", True),
        ("polniypizdec021", False),
        ("olniypizdec0211\nx", False),
        ("polniypizdec0211\n", False),
        ("", False),
        (PASSWORD, False),
    ],
)
def test_only_whole_list_entries_match(password: str, *, known: bool) -> None:
    assert strength.is_known(password) is known


@pytest.mark.parametrize(
    ("password", "worth"),
    [
        ("", 0),
        ("x", 1),
        ("xkz", 3),
        ("kkkkkk", 1),
        ("bcdefg", 1),
        ("gfedcb", 1),
        ("8901234", 1),
        ("qwertz", 1),
        ("azerty", 1),
        ("1qaz", 1),
        ("1984", 1),
        ("2184", 4),
        ("password", 3),
        ("p@$$w0rd", 3),
        ("dragondragon", 4),
        ("vkx!kxv!xkv", 8),
        ("vkx!!xkv", 5),
        ("vkx vkx vkx vkx", 6),
    ],
)
def test_words_walks_runs_and_repeats_are_worth_little(password: str, worth: int) -> None:
    assert strength.worth(password) == worth


def test_names_are_worth_less_than_words() -> None:
    names = frozenset({"liddell", "dragon"})
    assert strength.worth("liddell") == 6
    assert strength.worth("liddell", names) == 1
    assert strength.worth("dragon", names) == 1
    assert strength.worth("1iddell", names) == 1


@given(st.text(max_size=LONGEST), st.text(max_size=LONGEST))
def test_worth_never_exceeds_length(one: str, other: str) -> None:
    assert strength.worth(one) <= len(one.lower())
    assert strength.worth(one + other + one) <= len((one + other + one).lower())


@given(st.text(min_size=3, max_size=60), st.integers(min_value=2, max_value=20))
def test_repeat_adds_almost_no_worth(text: str, times: int) -> None:
    assert strength.worth(text * times) <= 2 * len(text.lower()) + times
