"""The error table end to end: Twilio's answer, the person's words, the administrator's words.

Twilio's answers come over TLS from our test endpoint, its receipts with Twilio's signature. Each
row is checked on the code page after the next poll, and in the admin.
"""

import json
import re
from dataclasses import dataclass

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from mfa.channels.twilio import errors
from mfa.models import ChannelHealth, Delivery, Factor
from tests.portal_client import Browser, code
from tests.twilio_endpoint.answers import HTML, NONSENSE, Answer, Reset, refusal
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.fixtures import authority, endpoint, straight
from tests.twilio_endpoint.receipts import report

__all__ = ["authority", "endpoint", "straight"]

pytestmark = pytest.mark.django_db

STATUS, VERIFY, CHOOSE = "/login/verify/status/", "/login/verify/", "/login/choose/"
NOT_NOW = "texts are not available right now"
BUSY = "the service is busy; try again in a few minutes"


@dataclass(frozen=True)
class Row:
    """One class: an error code, where it occurs, and the words for both readers."""

    code: int
    person: str
    administrator: str
    receipt: bool = False


ROWS = [
    Row(21211, "this number does not exist", "The number does not exist."),
    Row(21614, "this number cannot receive texts", "it is a landline"),
    Row(30006, "this number cannot receive texts", "it is a landline", receipt=True),
    Row(30005, "this number does not exist", "does not know the number", receipt=True),
    Row(21617, "something went wrong on our side", "Report this to its developers."),
    Row(30011, "something went wrong on our side", "Report this to its developers.", receipt=True),
    Row(20003, NOT_NOW, "Twilio rejected the account ID and token."),
    Row(70051, NOT_NOW, "Twilio rejected the account ID and token."),
    Row(20005, NOT_NOW, "suspended, closed or out of funds"),
    Row(30002, NOT_NOW, "suspended, closed or out of funds", receipt=True),
    Row(21606, NOT_NOW, "on your Twilio account"),
    Row(21705, NOT_NOW, "The Twilio messaging service does not exist or has no numbers."),
    Row(30037, NOT_NOW, "Twilio disabled outgoing texts from this sender.", receipt=True),
    Row(30034, NOT_NOW, "The sender is not registered with the carriers", receipt=True),
    Row(21408, "we cannot send texts to this country", "Geo permissions"),
    Row(21612, "we cannot send texts to this country", "cannot reach this country or carrier"),
    Row(21608, "the trial account only sends to numbers verified at the provider", "rial account"),
    Row(572006, NOT_NOW, "rial account"),
    Row(30022, BUSY, "Twilio", receipt=True),
    Row(21611, BUSY, "Twilio"),
    Row(30004, "the phone company blocked the message", "blocks the text", receipt=True),
    Row(30007, "the phone company blocked the message", "Twilio", receipt=True),
    Row(30450, "we cannot text this number right now", "Global Safe List", receipt=True),
    Row(60410, "we cannot text this number right now", "Global Safe List"),
    Row(30003, "the phone is off or has no signal", "Twilio", receipt=True),
    Row(30008, "no reason given", "The carrier gave no reason", receipt=True),
    Row(30500, BUSY, "Twilio", receipt=True),
    Row(
        30029,
        "the provider refused the message",
        "Ask Twilio to enable Message Redaction",
        receipt=True,
    ),
    Row(30999, "no reason given", "twilio.com/docs/errors/30999", receipt=True),
    Row(63016, "the provider refused the message", "template or the sender", receipt=True),
    Row(29999, "the provider refused the message", "twilio.com/docs/errors/29999"),
]


@pytest.fixture
def office(root: User) -> Browser:
    """The administrator, logged in before any error."""
    browser = Browser()
    browser.log_in(root)
    return browser


@pytest.fixture
def twilio(office: Browser, straight: None, settings: Settings, endpoint: Endpoint) -> Endpoint:
    """Send texts by Twilio, from a public portal."""
    settings.MFA_CHANNELS = settings.MFA_CHANNELS | {
        "sms": {"BACKEND": "mfa.channels.twilio.TwilioChannel", "OPTIONS": {}}
    }
    settings.BASE_URL = "https://portal.example.com"
    settings.HOST, settings.HTTPS = "portal.example.com", True
    return endpoint


def polled(browser: Browser) -> dict[str, object]:
    return json.loads(browser.get(STATUS).content)


def explained(office: Browser) -> str:
    newest = Delivery.objects.filter(message="code").latest("pk")
    page = office.get(f"/admin/mfa/delivery/{newest.pk}/change/").content.decode()
    return page.replace("&#x27;", "'")


def fail(twilio: Endpoint, browser: Browser, alice: User, row: Row) -> None:
    """Enter the password, and cause Twilio's error."""
    if not row.receipt:
        twilio.answer_next(refusal(row.code))
    browser.password(alice)
    if row.receipt:
        assert polled(browser)["state"] == "accepted"
        sent = Delivery.objects.get(user=alice)
        assert twilio.messages[-1]["StatusCallback"].endswith(f"/{sent.receipt_id}/")
        report(Client(), sent, "undelivered", row.code)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.code))
def test_fault_is_shown_to_person_and_administrator_after_one_poll(
    twilio: Endpoint, office: Browser, browser: Browser, alice: User, row: Row
) -> None:
    fail(twilio, browser, alice, row)
    told = polled(browser)
    assert told["words"] == f"The text could not be delivered: {row.person}."
    assert (told["state"], told["problem"], told["stuck"]) == ("failed", True, True)
    page = browser.get(VERIFY).content.decode()
    assert f"The text could not be delivered: {row.person}." in page
    assert page.index("Send code to email") < page.index("data-code-form")
    # OT-12: only the administrator sees the provider's words and numbers.
    assert str(row.code) not in page
    read = explained(office)
    assert row.administrator in read
    assert str(row.code) in read


@pytest.mark.parametrize("row", [ROWS[0], ROWS[2]], ids=["answer", "receipt"])
def test_other_method_logs_in_after_fault(
    twilio: Endpoint, browser: Browser, alice: User, row: Row
) -> None:
    fail(twilio, browser, alice, row)
    browser.post("/login/verify/email/")
    browser.post(VERIFY, {"code": code(alice.email)})
    assert browser.signed_in


def test_every_class_of_the_table_has_its_row() -> None:
    shown = {id(errors.fault(row.code)) for row in ROWS}
    known = {id(meaning): meaning for meaning, _codes in errors.MEANINGS}
    # These two have tests below. The connection test refuses test credentials.
    apart = {errors.OPTED_OUT, errors.TEST_CREDENTIALS}
    assert [known[each].words for each in known.keys() - shown if known[each] not in apart] == []


def test_stop_is_explained_with_remedy(
    twilio: Endpoint, office: Browser, browser: Browser, alice: User
) -> None:
    """21610: the person sees START and the number, and is asked by email first."""
    fail(twilio, browser, alice, Row(21610, "", ""))
    assert polled(browser)["words"] == (
        "The text could not be delivered: "
        "this phone blocked our texts; text us START to unblock them."
    )
    assert browser.get(VERIFY).url == CHOOSE
    assert "Text START to +15005550006" in browser.get(CHOOSE).content.decode()
    assert "texted STOP" in explained(office)
    assert Factor.objects.get(user=alice).refuses_until is not None


def test_too_many_requests_are_retried_silently(
    twilio: Endpoint, browser: Browser, alice: User
) -> None:
    twilio.answer_next(refusal(20429))
    browser.password(alice)
    assert polled(browser)["state"] == "accepted"
    assert len(twilio.messages) == 1


def test_second_too_many_requests_is_shown(twilio: Endpoint, browser: Browser, alice: User) -> None:
    twilio.answer_next(refusal(20429), refusal(20429))
    browser.password(alice)
    assert polled(browser)["words"] == f"The text could not be delivered: {BUSY}."


@pytest.mark.parametrize(
    "answer", [Reset(), Reset(begun=True), HTML, NONSENSE, refusal(20500), refusal(20503)], ids=repr
)
def test_maybe_sent_text_is_shown_and_never_repeated(
    twilio: Endpoint, office: Browser, browser: Browser, alice: User, answer: Answer
) -> None:
    twilio.answer_next(answer)
    browser.password(alice)
    told = polled(browser)
    assert told["state"] == "maybe"
    assert str(told["words"]).startswith("We don't know if the text was sent.")
    assert "may have been sent" in explained(office)
    assert len([each for each in twilio.requests if each.startswith("POST")]) == 1


def test_receipt_resolves_maybe_sent(twilio: Endpoint, browser: Browser, alice: User) -> None:
    twilio.answer_next(Reset())
    browser.password(alice)
    report(Client(), Delivery.objects.get(user=alice), "delivered")
    assert polled(browser)["words"] == "The text has reached your phone."


def test_third_account_fault_turns_texts_off(
    twilio: Endpoint, office: Browser, alice: User, charlie: User
) -> None:
    for _ in range(3):
        twilio.answer_next(refusal(20003))
        Browser().password(alice)
    assert ChannelHealth.load().texts_rest
    assert Browser().password(charlie).url == CHOOSE
    page = office.get("/admin/mfa/accountpolicy/1/change/").content.decode()
    assert re.search(r"Texts stopped .* ago\.", page)
    assert "Twilio rejected the account ID and token." in page


@pytest.mark.parametrize(
    ("station", "start", "status"),
    [
        ("enrolling", "/login/enroll/phone/", "/login/verify/status/"),
        ("home", "/me/phone/", "/me/phone/verify/status/"),
    ],
)
def test_trial_account_is_explained_at_number_fields(
    request: pytest.FixtureRequest, station: str, start: str, status: str
) -> None:
    """M10 of Twilio's 21608, at an enrollment and a change. The demo has such a number."""
    browser = request.getfixturevalue(station)
    browser.post(start, {"phone": "+447700900006"})
    told = json.loads(browser.get(status).content)
    trial = "the trial account only sends to numbers verified at the provider"
    assert told["words"] == f"The text could not be delivered: {trial}."
    assert "21608" not in browser.get(status).content.decode()
