"""Feedback to Twilio after a right code, whatever its result."""

import logging
import re

import pytest
from pytest_django import Settings

from accounts.models import User
from mfa.models import Challenge, Delivery
from tests.portal_client import Browser, code
from tests.twilio_endpoint.answers import HTML, Answer, Reset, refusal
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.fixtures import authority, endpoint, straight

__all__ = ["authority", "endpoint", "straight"]

pytestmark = pytest.mark.django_db
VERIFY = "/login/verify/"


def send_by_twilio(settings: Settings, **options: bool) -> None:
    settings.MFA_CHANNELS = settings.MFA_CHANNELS | {
        "sms": {"BACKEND": "mfa.channels.twilio.TwilioChannel", "OPTIONS": options}
    }


@pytest.fixture
def twilio(straight: None, settings: Settings, endpoint: Endpoint) -> Endpoint:
    """Send texts by Twilio with feedback on."""
    send_by_twilio(settings, feedback=True)
    return endpoint


def texted(twilio: Endpoint) -> str:
    return re.search(r"\b\d{6}\b", twilio.messages[-1]["Body"])[0]


def test_twilio_gets_feedback_once_after_right_code(
    twilio: Endpoint, browser: Browser, alice: User
) -> None:
    browser.password(alice)
    right = texted(twilio)
    browser.post(VERIFY, {"code": f"{(int(right) + 1) % 1_000_000:06}"})
    assert twilio.account.confirmed_messages == []
    browser.post(VERIFY, {"code": right})
    browser.post(VERIFY, {"code": right})
    assert browser.signed_in
    assert twilio.account.confirmed_messages == [Delivery.objects.get(message="code").provider_id]
    assert twilio.account.mistakes == []


def test_no_feedback_if_it_is_off(
    twilio: Endpoint, settings: Settings, browser: Browser, alice: User
) -> None:
    send_by_twilio(settings)
    browser.password(alice)
    browser.post(VERIFY, {"code": texted(twilio)})
    assert browser.signed_in
    assert len(twilio.requests) == 1
    assert "ProvideFeedback" not in twilio.messages[0]


@pytest.mark.parametrize("answer", [refusal(20404), refusal(20003), HTML, Reset()], ids=repr)
def test_failed_feedback_does_not_prevent_login_or_leak_secrets(
    twilio: Endpoint,
    browser: Browser,
    alice: User,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
) -> None:
    caplog.set_level(logging.DEBUG)
    browser.password(alice)
    right = texted(twilio)
    twilio.answer_next(answer)
    browser.post(VERIFY, {"code": right})
    assert browser.signed_in
    assert twilio.account.confirmed_messages == []
    assert "did not take the feedback" in caplog.text
    said = caplog.text + "".join(f"{record.__dict__}" for record in caplog.records)
    assert [
        secret for secret in (right, twilio.account.token, "7700900201") if secret in said
    ] == []


def test_no_feedback_for_text_without_id(twilio: Endpoint, browser: Browser, alice: User) -> None:
    twilio.answer_next(Reset())
    browser.password(alice)
    question = Challenge.objects.get()
    browser.post(VERIFY, {"code": question.code_for(question.browser)})
    assert browser.signed_in
    assert len(twilio.requests) == 1


def test_no_feedback_for_emailed_code(twilio: Endpoint, browser: Browser, alice: User) -> None:
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post(VERIFY, {"code": code(alice.email)})
    assert browser.signed_in
    assert twilio.account.confirmed_messages == []
