"""Notices: every event is sent as in the table, or is silent on purpose (NT-01 to NT-03)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import time_machine
from django.test import TestCase

from accounts.models import User
from mfa import audit
from mfa.audit import NOWHERE
from mfa.client import Client
from mfa.messages import notices, render
from mfa.messages.notices import NOTICES, SILENT
from mfa.models import AuditEvent, Delivery, Event, OutboxMessage
from tests.conftest import give_phone
from tests.portal_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Client("198.51.100.1", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")
OLD = "+447700900201"
WORDS = {
    "ending": "02",
    "old_ending": "01",
    "new_ending": "02",
    "reason": "The phone is broken.",
    "minutes": 30,
    "until": "2026-03-02T12:30:00+00:00",
    "codes": 5,
    "days": 14,
}
# Actions of the person's browser. Other events have another actor or expired.
BY_OTHERS = {
    Event.PAUSED,
    Event.PASSWORD_EXPIRED,
    Event.FACTORS_RESET,
    Event.NUMBER_ASSIGNED,
    Event.MEMBER_JOINED,
    Event.MEMBER_LEFT,
    Event.ROLE_CHANGED,
}
BY_A_BROWSER = [event for event in NOTICES if event not in BY_OTHERS]


def tell(
    event: Event, user: User, *, client: Client = HERE, numbers: Sequence[str] = (OLD,)
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        notices.tell(event, user, client=client, numbers=numbers, **WORDS)


def test_every_event_has_notice_or_is_silent_on_purpose() -> None:
    assert [event for event in Event if (event in NOTICES) is (event in SILENT)] == []


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Event.FACTOR_ADDED, {("email", "alice@example.org"), ("sms", OLD)}),
        (Event.FACTOR_SUSPENDED, {("email", "alice@example.org"), ("sms", OLD)}),
        (Event.FACTOR_REMOVED, {("email", "alice@example.org"), ("sms", OLD)}),
        (Event.FACTOR_DISABLED, {("email", "alice@example.org"), ("sms", OLD)}),
        (Event.CODES_GUESSED, {("email", "alice@example.org")}),
        (Event.UNUSUAL_LOGIN, {("email", "alice@example.org")}),
        (Event.SKIPPED, {("email", "alice@example.org")}),
        (Event.FACTOR_CHANGED, {("email", "alice@example.org"), ("sms", OLD)}),
        (Event.PASSWORD_CHANGED, {("email", "alice@example.org"), ("sms", OLD)}),
        (Event.EMAIL_CHANGED, {("email", "alice@example.org"), ("sms", OLD)}),
        (Event.PASSWORD_EXPIRED, {("email", "alice@example.org")}),
        (Event.PASSWORD_RESET, {("email", "alice@example.org"), ("sms", OLD)}),
        (Event.PAUSED, {("email", "alice@example.org"), ("sms", OLD)}),
    ],
)
def test_notice_goes_to_its_recipients(
    alice: User, event: Event, expected: set[tuple[str, str]]
) -> None:
    tell(event, alice)
    assert set(OutboxMessage.objects.values_list("channel", "target")) == expected


@pytest.mark.parametrize("event", NOTICES)
def test_each_channel_gets_one_notice(alice: User, event: Event) -> None:
    tell(event, alice)
    ways = [notice.channel for notice in NOTICES[event]]
    assert len(ways) == len(set(ways)) == OutboxMessage.objects.count()


def test_fourth_notice_of_a_kind_in_a_day_is_only_emailed(alice: User) -> None:
    """One person's changes must not use up the texts for logins of others."""
    for _ in range(5):
        tell(Event.PASSWORD_CHANGED, alice)
    sent = OutboxMessage.objects.values_list("channel", flat=True)
    assert sorted(sent) == ["email"] * 5 + ["sms"] * 3
    tell(Event.FACTOR_CHANGED, alice)
    assert OutboxMessage.objects.filter(channel="sms").count() == 4


def test_notified_event_is_recorded(alice: User) -> None:
    tell(Event.FACTOR_CHANGED, alice)
    event = AuditEvent.objects.get()
    assert (event.event, event.user, event.address) == ("factor_changed", alice, HERE.address)
    assert event.details == WORDS


def test_replaced_number_is_notified(alice: User) -> None:
    tell(Event.FACTOR_CHANGED, alice)
    text = OutboxMessage.objects.get(channel="sms").body
    assert text.startswith("Acme Portal: codes no longer go to this number.")


def test_each_of_several_numbers_is_texted_once(alice: User) -> None:
    tell(Event.FACTOR_CHANGED, alice, numbers=[OLD, "+447700900202", OLD])
    texts = OutboxMessage.objects.filter(channel="sms").order_by("pk")
    assert [text.target for text in texts] == [OLD, "+447700900202"]


def test_all_phones_are_notified_by_default(alice: User) -> None:
    """Also a lost one, which the owner may have found."""
    give_phone(alice, "+447700900202")
    alice.factors.filter(target=OLD).update(status="suspended")
    give_phone(alice, "+447700900203")
    alice.factors.filter(target="+447700900203").update(status="revoked")
    with TestCase.captureOnCommitCallbacks(execute=True):
        notices.tell(Event.PASSWORD_CHANGED, alice)
    texts = OutboxMessage.objects.filter(channel="sms")
    assert {text.target for text in texts} == {OLD, "+447700900202"}


def test_only_email_is_notified_without_number(alice: User) -> None:
    tell(Event.FACTOR_CHANGED, alice, numbers=())
    assert OutboxMessage.objects.get().channel == "email"


@pytest.mark.parametrize(("left", "gone"), [("sms", "email"), ("email", "sms")])
def test_missing_channel_is_skipped(settings, alice: User, left: str, gone: str) -> None:
    settings.MFA_CHANNELS = {left: settings.MFA_CHANNELS[left]}
    tell(Event.FACTOR_CHANGED, alice)
    assert Delivery.objects.get().channel == left


@pytest.mark.parametrize("event", NOTICES)
def test_email_has_time_and_contact(alice: User, event: Event) -> None:
    tell(event, alice)
    body = OutboxMessage.objects.get(channel="email").body
    assert "2 March 2026, 12:00 UTC" in body
    assert "the help desk" in body


@pytest.mark.parametrize("event", BY_A_BROWSER)
def test_email_has_origin(alice: User, event: Event) -> None:
    tell(event, alice)
    body = OutboxMessage.objects.get(channel="email").body
    assert "IP address: 198.51.100.1" in body
    assert "Browser: Firefox on Linux" in body


@pytest.mark.parametrize("event", NOTICES)
def test_event_without_client_has_no_origin(alice: User, event: Event) -> None:
    tell(event, alice, client=NOWHERE)
    body = OutboxMessage.objects.get(channel="email").body
    assert "IP address" not in body
    assert "Browser" not in body


def test_pause_notice_has_duration_and_reason(alice: User) -> None:
    tell(Event.PAUSED, alice)
    body = OutboxMessage.objects.get(channel="email").body
    assert "paused for your account until 2 March 2026, 12:30 UTC" in body
    assert "Reason: The phone is broken." in body


@pytest.mark.parametrize("event", NOTICES)
def test_no_message_row_or_record_shows_a_full_number(alice: User, event: Event) -> None:
    tell(event, alice)
    shown = [
        *OutboxMessage.objects.values_list("subject", "body"),
        *Delivery.objects.values_list("context"),
        *AuditEvent.objects.values_list("details"),
    ]
    assert OLD not in str(shown)


@pytest.mark.parametrize("event", NOTICES)
def test_browser_name_cannot_inject_into_message(alice: User, event: Event) -> None:
    phishing = Client("198.51.100.1", "Call 0900 123456 now <b>")
    notices.tell(event, alice, client=phishing, numbers=[OLD], **WORDS)
    messages = [render.compose(row) for row in Delivery.objects.all()]
    assert not any("0900" in message.text + message.html for message in messages)


def test_typed_reason_is_escaped(alice: User) -> None:
    notices.tell(Event.PAUSED, alice, reason="<b>Gotcha</b>", minutes=1)
    mail = render.compose(Delivery.objects.get(channel="email"))
    assert "&lt;b&gt;Gotcha" in mail.html
    assert "<b>Gotcha" in mail.text


def test_unusual_login_is_notified_once(home: Browser, other_browser: Browser, alice: User) -> None:
    """LG-09."""
    other_browser.log_in(alice)
    login = AuditEvent.objects.filter(event=Event.LOGGED_IN).latest("pk")
    notices.tell_of_login(login.pk)
    assert AuditEvent.objects.filter(event=Event.UNUSUAL_LOGIN).count() == 1


def test_old_unusual_login_is_not_notified(alice: User, clock: time_machine.Traveller) -> None:
    """An upgrade reads the whole audit once."""
    audit.record(Event.LOGGED_IN, alice, unusual="browser")
    clock.shift(timedelta(days=1, minutes=1))
    notices.catch_up()
    assert not AuditEvent.objects.filter(event=Event.UNUSUAL_LOGIN).exists()
