"""Rendering of messages, and that an expired code is not sent (OT-13)."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.messages import worker
from mfa.models import Challenge, Delivery
from mfa.rules.codes import browser_of
from mfa.rules.methods import ChannelName
from tests.conftest import NOON
from tests.mfa.messages.wires import PHONE, State, Wire, notice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_text_has_code_of_session(sms: Wire, row: Delivery, question: Challenge) -> None:
    worker.deliver(row.pk)
    expected = question.code_for(browser_of("session"))
    (message,) = sms.carried
    assert message.to == PHONE
    assert message.text.splitlines()[-1] == f"@testserver #{expected}"
    assert (message.subject, message.html) == ("", "")


def test_text_expires_with_its_code(
    sms: Wire, row: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=90))
    worker.deliver(row.pk)
    assert sms.carried[0].life_seconds == 510


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (timedelta(), "It expires in 10 minutes."),
        (timedelta(minutes=5, seconds=40), "It expires in 4 minutes."),
        (timedelta(minutes=9, seconds=50), "It expires in 1 minute."),
    ],
)
def test_text_shows_minutes_left(
    sms: Wire,
    row: Delivery,
    clock: time_machine.Traveller,
    late: timedelta,
    words: str,
) -> None:
    clock.shift(late)
    worker.deliver(row.pk)
    assert words in sms.carried[0].text


def test_attempt_is_passed_on(sms: Wire, row: Delivery) -> None:
    Delivery.objects.update(attempt=3)
    worker.deliver(row.pk)
    assert sms.carried[0].attempt == 3


def test_mail_has_subject_of_one_line_and_two_bodies(email: Wire, mailed: Delivery) -> None:
    worker.deliver(mailed.pk)
    (message,) = email.carried
    assert message.to == "alice@example.org"
    assert message.subject == "Acme Portal: your login code"
    sent = mailed.challenge.code_for(mailed.challenge.browser)
    assert sent in message.text
    assert sent in message.html
    assert "<" not in message.text


def test_notice_does_not_expire_in_queue(sms: Wire, alice: User) -> None:
    worker.deliver(notice(alice).pk)
    assert sms.carried[0].life_seconds is None


def test_notice_has_its_text(email: Wire, alice: User) -> None:
    worker.deliver(notice(alice, ChannelName.EMAIL).pk)
    text = email.carried[0].text
    assert "now go to the number ending 02, no longer to the number ending 01." in text
    assert "tell the help desk" in text
    assert "2 March 2026, 12:00 UTC" in text


def test_message_uses_persons_language(email: Wire, alice: User) -> None:
    User.objects.update(language="de")
    worker.deliver(notice(alice, ChannelName.EMAIL).pk)
    assert "2 März 2026, 12:00 UTC" in email.carried[0].text


# Expired before it was sent (OT-13)
@pytest.mark.parametrize(
    "death",
    [
        {"passed_at": NOON},
        {"voided_at": NOON},
        {"expires_at": NOON},
        {"tries_left": 0},
        {"key": "00000000"},
    ],
    ids=["passed", "replaced", "expired", "spent", "unknown key"],
)
def test_expired_code_is_not_sent(sms: Wire, row: Delivery, death: dict[str, object]) -> None:
    Challenge.objects.update(**death)
    worker.deliver(row.pk)
    row.refresh_from_db()
    assert (sms.carried, row.state, row.finished_at) == ([], State.DROPPED, NOON)
