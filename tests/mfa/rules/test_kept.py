"""Stored values are used only in today's format, whatever another version wrote."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from mfa.rules.kept import (
    ABOUT,
    ENDS,
    LARGEST_ID,
    LATEST,
    fits,
    fits_login,
    fits_session,
    is_id,
    is_moment,
    is_uuid,
)


class Color(StrEnum):
    RED = "red"


@dataclass
class Form:
    """One field of each type of a pending login."""

    name: str
    color: Color
    number: int
    moment: float
    ready: bool


KEPT = {"name": "a", "color": "red", "number": 1, "moment": 1.5, "ready": True}
LOGIN = {
    "user_id": 7,
    "started_at": "2026-01-01T12:00:00+00:00",
    "address": None,
    "browser": "Firefox",
    "aal": 2,
    "channel": "sms",
    "life": 43200.0,
    "idle": 1800,
    "pause_id": None,
    "proofs": {"password": 1.5, "sms": 2},
    "trusted": False,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_documented_figures_match_code():
    assert LARGEST_ID == 2**63 - 1
    assert LATEST == 10**11
    assert set(LOGIN) == set(ABOUT)
    assert {"started_at", "life", "idle"} == ENDS


# Dataclasses


def test_values_of_all_fields_fit():
    assert fits(KEPT, Form) is True


@pytest.mark.parametrize(
    "change",
    [
        {"number": -LARGEST_ID},
        {"number": LARGEST_ID},
        {"moment": 3},
        {"moment": LATEST - 1},
        {"moment": 1 - LATEST},
        {"ready": False},
        {"color": "blue"},
    ],
)
def test_stored_numbers_are_times_and_stored_text_is_an_enum(change):
    assert fits({**KEPT, **change}, Form) is True


@pytest.mark.parametrize(
    "change",
    [
        {"added_later": 1},
        {"name": 1},
        {"name": None},
        {"color": 1},
        {"number": "1"},
        {"number": 1.0},
        {"number": True},
        {"number": LARGEST_ID + 1},
        {"number": -LARGEST_ID - 1},
        {"moment": "1"},
        {"moment": False},
        {"moment": LATEST},
        {"moment": -LATEST},
        {"moment": float("nan")},
        {"moment": float("inf")},
        {"ready": 1},
        {"ready": "yes"},
    ],
)
def test_other_values_do_not_fit(change):
    assert fits({**KEPT, **change}, Form) is False


@pytest.mark.parametrize("name", KEPT)
def test_missing_field_does_not_fit(name):
    assert fits({key: value for key, value in KEPT.items() if key != name}, Form) is False


@pytest.mark.parametrize("kept", [None, "text", 1, [], ["name"], {}])
def test_value_that_is_not_a_dict_does_not_fit(kept):
    assert fits(kept, Form) is False


def test_unknown_type_does_not_fit():
    @dataclass
    class Later:
        either: int | None

    assert fits({"either": 1}, Later) is False


# Logins


@pytest.mark.parametrize(
    "about",
    [
        LOGIN,
        {},
        {"aal": 0, "user_id": 1},
        {**LOGIN, "added_later": object()},
        {**LOGIN, "address": "192.0.2.1", "pause_id": 3},
        {"proofs": {}},
        {name: LOGIN[name] for name in ENDS},
    ],
)
def test_login_and_pending_login_fit(about):
    assert fits_login(about) is True


@pytest.mark.parametrize("name", sorted(ENDS))
def test_login_without_one_of_its_ends_does_not_fit(name):
    assert fits_login({key: value for key, value in LOGIN.items() if key != name}) is False
    assert fits_login({name: LOGIN[name]}) is False


@pytest.mark.parametrize(
    "change",
    [
        {"user_id": "7"},
        {"user_id": None},
        {"started_at": "noon"},
        {"started_at": "2026-01-01T12:00:00"},
        {"started_at": 1},
        {"address": 1},
        {"browser": None},
        {"aal": "2"},
        {"channel": None},
        {"life": "43200"},
        {"life": LATEST},
        {"idle": True},
        {"pause_id": "3"},
        {"proofs": []},
        {"proofs": None},
        {"proofs": {"sms": "now"}},
        {"proofs": {"sms": True}},
        {"proofs": {"password": 1, 2: 1}},
        {"trusted": 1},
        {"trusted": None},
    ],
)
def test_login_with_another_value_does_not_fit(change):
    assert fits_login({**LOGIN, **change}) is False


@pytest.mark.parametrize("about", [None, 1, "text", [], sorted(ENDS), ENDS])
def test_invalid_login_does_not_fit(about):
    assert fits_login(about) is False


# Sessions


@pytest.mark.parametrize(
    "data",
    [{}, {"_auth_user_id": "7"}, {"mfa_about": LOGIN}, {"_auth_user_id": "7", "other": object()}],
)
def test_valid_session_data_is_accepted(data):
    assert fits_session(data) is True


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {"_auth_user_id": 7},
        {"_auth_user_id": "alice"},
        {"_auth_user_id": ""},
        {"_auth_user_id": None},
        {"mfa_about": None},
        {"mfa_about": {"life": 1}},
    ],
)
def test_another_session_does_not_fit(data):
    assert fits_session(data) is False


# Single values


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (1, True),
        (LARGEST_ID, True),
        (LARGEST_ID + 1, False),
        (0, False),
        (-1, False),
        (True, False),
        (1.0, False),
        ("1", False),
        (None, False),
    ],
)
def test_id_is_whole_number_that_column_holds(value, good):
    assert is_id(value) is good


@pytest.mark.parametrize(
    ("value", "good"),
    [(UUID(int=1), True), (str(UUID(int=1)), True), (17, False), ("17", False), (None, False)],
)
def test_uuid_is_one_in_text_too(value, good):
    assert is_uuid(value) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2026-01-01T12:00:00+00:00", True),
        ("2026-01-01T12:00:00.123456+02:00", True),
        ("2026-01-01T12:00:00", False),
        ("2026-01-01", False),
        ("now", False),
        ("", False),
    ],
)
def test_time_has_utc_offset(text, good):
    assert is_moment(text) is good


@given(JSON)
def test_no_value_raises(kept):
    for answer in (fits(kept, Form), fits_login(kept), fits_session(kept), is_id(kept)):
        assert isinstance(answer, bool)
    assert isinstance(is_uuid(kept), bool)


@given(st.dictionaries(st.sampled_from(sorted(LOGIN)), JSON))
def test_no_login_raises(change):
    assert isinstance(fits_login({**LOGIN, **change}), bool)
    assert isinstance(fits_session({"mfa_about": change}), bool)
