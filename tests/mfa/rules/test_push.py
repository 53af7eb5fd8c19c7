"""Approval on the phone: the number, what is signed, and the state of a request."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from mfa.rules import codes, push
from mfa.rules.push import Decision, RequestState

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = codes.key_of("a secret")
ASKED = {"request": "ab" * 16, "user": "7", "purpose": "login", "browser": "cd" * 32}


def test_number_is_derived_like_a_code() -> None:
    binding = codes.Binding(
        challenge=ASKED["request"],
        user=ASKED["user"],
        purpose=ASKED["purpose"],
        channel="push",
        target="",
        browser=ASKED["browser"],
    )
    assert push.number_of(KEY, **ASKED) == str(10 + int(codes.derive(KEY, binding)) % 90)


@pytest.mark.parametrize("name", ASKED)
def test_number_depends_on_everything_about_the_request(name: str) -> None:
    same = {push.number_of(KEY, **{**ASKED, name: f"other {at}"}) for at in range(50)}
    assert len(same) > 1


def test_numbers_have_two_digits_and_all_occur() -> None:
    found = {
        push.number_of(KEY, **{**ASKED, "request": hashlib.sha256(bytes([at])).hexdigest()})
        for at in range(256)
    }
    more = {push.number_of(KEY, **{**ASKED, "user": str(at)}) for at in range(1000)}
    assert found | more == {str(number) for number in range(10, 100)}


@pytest.mark.parametrize(
    ("typed", "fits"),
    [("42", True), ("00", True), ("4", False), ("420", False), ("", False), ("4a", False)],
)
def test_number_is_two_ascii_digits(typed: str, *, fits: bool) -> None:
    assert push.is_number(typed) is fits


def test_other_digits_and_signs_are_no_number() -> None:
    assert not push.is_number("٤٢")
    assert not push.is_number("²²")


def test_phones_sign_these_texts() -> None:
    """The script signs the same lines. A change needs another first line."""
    assert push.answer_text("id", "42", Decision.APPROVE) == b"portal approval 1\nid\n42\napprove"
    assert push.answer_text("id", "", Decision.DENY) == b"portal approval 1\nid\n\ndeny"
    assert push.setup_text("CODE", "https://a") == b"portal phone 1\nCODE\nhttps://a"
    assert push.renewal_text("7", "") == b"portal subscription 1\n7\n"


def test_open_request_expires_after_two_minutes() -> None:
    def state(seconds: int) -> RequestState:
        return push.state_of(RequestState.OPEN, NOON, NOON + timedelta(seconds=seconds))

    assert [state(each) for each in (0, 119)] == [RequestState.OPEN] * 2
    assert [state(each) for each in (120, 121)] == [RequestState.EXPIRED] * 2


@pytest.mark.parametrize("stored", [each for each in RequestState if each is not RequestState.OPEN])
def test_answered_request_keeps_its_state(stored: RequestState) -> None:
    assert push.state_of(stored, NOON, NOON + timedelta(days=1)) is stored


def test_lives_are_those_of_the_documents() -> None:
    assert push.LIFE.total_seconds() == 120
    assert push.COLLECT_WITHIN.total_seconds() == 120
    assert push.SETUP_LASTS.total_seconds() == 600
