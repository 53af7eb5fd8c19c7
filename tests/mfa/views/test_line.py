"""The delivery line: each state in words, and when the next way comes to the front (M10, C18)."""

from datetime import timedelta

import pytest

from mfa.models import Delivery, Reason
from mfa.views.line import EMAIL, TEXT, line_of
from tests.conftest import NOON

State = Delivery.State


def delivery(state: str, channel: str = "sms", **more: str) -> Delivery:
    return Delivery(channel=channel, state=state, created_at=NOON, target="+447700900201", **more)


@pytest.mark.parametrize("words", [TEXT, EMAIL])
def test_every_state_has_words(words: dict[str, str]) -> None:
    assert set(words) == set(State)


@pytest.mark.parametrize(
    ("state", "words", "final"),
    [
        (State.QUEUED, "The text is on its way.", False),
        (State.SENDING, "The text is on its way.", False),
        (State.ACCEPTED, "The text service has taken the text.", False),
        (State.SENT, "The text is with your phone company.", False),
        (State.DELIVERED, "The text has reached your phone.", True),
        (State.DROPPED, "The text was not sent: its code could no longer be used.", True),
    ],
)
def test_a_text_says_how_far_it_is(state: str, words: str, final: bool) -> None:  # noqa: FBT001
    line = line_of(delivery(state), NOON)
    assert (line.words, line.final) == (words, final)


@pytest.mark.parametrize("reason", Reason)
def test_a_failed_text_says_why_at_once(reason: Reason) -> None:
    """M10."""
    line = line_of(delivery(State.FAILED, reason=reason), NOON)
    assert line.words == f"The text could not be delivered: {reason.label}."
    assert (line.final, line.problem, line.stuck) == (True, True, True)


@pytest.mark.parametrize(
    "state", [State.QUEUED, State.SENDING, State.ACCEPTED, State.SENT, State.MAYBE]
)
def test_ten_seconds_of_silence_bring_the_next_way(state: str) -> None:
    before, after = (
        line_of(delivery(state), NOON + timedelta(seconds=seconds)) for seconds in (9.9, 10)
    )
    assert (before.stuck, after.stuck) == (False, True)
    assert "You need not wait for it." not in before.words
    assert "You need not wait for it." in after.words
    assert not after.problem


def test_what_arrived_keeps_its_place() -> None:
    line = line_of(delivery(State.DELIVERED), NOON + timedelta(minutes=5))
    assert (line.stuck, line.problem, line.final) == (False, False, True)


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENT, State.DELIVERED, State.MAYBE])
def test_of_a_mail_nothing_more_will_be_known(state: str) -> None:
    """And it takes longer than a text, so nothing is pushed forward."""
    line = line_of(delivery(state, "email"), NOON + timedelta(minutes=5))
    assert (line.final, line.stuck, line.problem) == (True, False, False)


def test_a_mail_that_failed_says_why() -> None:
    line = line_of(delivery(State.FAILED, "email", reason=Reason.BUSY), NOON)
    assert line.words.startswith("The email could not be delivered: ")
    assert line.stuck


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("state", State)
def test_no_line_tells_a_number(state: str, channel: str) -> None:
    """PS-10."""
    line = line_of(delivery(state, channel, reason=Reason.OPTED_OUT), NOON + timedelta(minutes=1))
    assert not any(character.isdigit() for character in line.words)
