"""The delivery line: each state in words, and when other methods come first (M10, C18)."""

from datetime import timedelta

import pytest

from mfa.models import Delivery, Reason
from mfa.views.line import EMAIL, TEXT, line_of
from tests.conftest import NOON

State = Delivery.State


def delivery(state: str, channel: str = "sms", **more: object) -> Delivery:
    more = {"created_at": NOON, "target": "+447700900201", **more}
    return Delivery(channel=channel, state=state, **more)


@pytest.mark.parametrize("words", [TEXT, EMAIL])
def test_every_state_has_words(words: dict[str, str]) -> None:
    assert set(words) == set(State)


@pytest.mark.parametrize(
    ("state", "words", "final"),
    [
        (State.QUEUED, "The text is on its way.", False),
        (State.SENDING, "The text is on its way.", False),
        (State.ACCEPTED, "The text service has accepted the text.", False),
        (State.SENT, "The text is with your phone company.", False),
        (State.DELIVERED, "The text has reached your phone.", True),
        (State.DROPPED, "The text was not sent because its code had expired.", True),
    ],
)
def test_line_shows_progress_of_text(state: str, words: str, final: bool) -> None:  # noqa: FBT001
    line = line_of(delivery(state), NOON)
    assert (line.words, line.final) == (words, final)


@pytest.mark.parametrize("reason", Reason)
def test_failed_text_shows_reason_at_once(reason: Reason) -> None:
    """M10."""
    line = line_of(delivery(State.FAILED, reason=reason), NOON)
    assert line.words == f"The text could not be delivered: {reason.label}."
    assert (line.final, line.problem, line.stuck) == (True, True, True)


@pytest.mark.parametrize(
    "state", [State.QUEUED, State.SENDING, State.ACCEPTED, State.SENT, State.MAYBE]
)
def test_ten_seconds_without_news_offer_other_method_first(state: str) -> None:
    before, after = (
        line_of(delivery(state), NOON + timedelta(seconds=seconds)) for seconds in (9.9, 10)
    )
    assert (before.stuck, after.stuck) == (False, True)
    assert "try another way or get help." not in before.words
    assert "try another way or get help." in after.words
    assert not after.problem


def silent(state: str) -> Delivery:
    return delivery(state, created_at=NOON - timedelta(seconds=10))


@pytest.fixture
def _reporting(settings) -> None:
    """Twilio can reach the portal."""
    settings.MFA_CHANNELS = {"sms": {"BACKEND": "mfa.channels.twilio.TwilioChannel", "OPTIONS": {}}}
    settings.HTTPS, settings.HOST = True, "portal.example.com"


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENT, State.MAYBE])
def test_sent_is_final_without_receipts(state: str) -> None:
    assert line_of(silent(state), NOON).final


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENT, State.MAYBE])
@pytest.mark.usefixtures("_reporting")
def test_sent_is_not_final_with_receipts(state: str) -> None:
    assert not line_of(silent(state), NOON).final


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING])
def test_queued_is_never_final(state: str) -> None:
    assert not line_of(silent(state), NOON).final


def test_delivered_text_does_not_reorder_page() -> None:
    line = line_of(delivery(State.DELIVERED), NOON + timedelta(minutes=5))
    assert (line.stuck, line.problem, line.final) == (False, False, True)


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENT, State.DELIVERED, State.MAYBE])
def test_accepted_email_is_final(state: str) -> None:
    """Emails take longer than texts, so other methods do not come first."""
    line = line_of(delivery(state, "email"), NOON + timedelta(minutes=5))
    assert (line.final, line.stuck, line.problem) == (True, False, False)


def test_failed_email_shows_reason() -> None:
    line = line_of(delivery(State.FAILED, "email", reason=Reason.BUSY), NOON)
    assert line.words.startswith("The email could not be delivered: ")
    assert line.stuck


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("state", State)
def test_line_contains_no_number(state: str, channel: str) -> None:
    """PS-10."""
    line = line_of(delivery(state, channel, reason=Reason.OPTED_OUT), NOON + timedelta(minutes=1))
    assert not any(character.isdigit() for character in line.words)
