"""Notices: every event is told as the table says, or is silent on purpose (NT-01 to NT-03)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import TestCase

from accounts.models import User
from mfa import audit, deliveries, notices
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Delivery, Event, OutboxMessage
from mfa.notices import NOTICES, SILENT
from mfa.origin import Origin
from tests.portal_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Origin("198.51.100.1", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")
OLD = "+447700900201"
WORDS = {
    "ending": "02",
    "old_ending": "01",
    "new_ending": "02",
    "reason": "The phone is broken.",
    "minutes": 30,
}
# What the person's browser did; others paused or expired something.
BY_OTHERS = {Event.PAUSED, Event.PASSWORD_EXPIRED}
BY_A_BROWSER = [event for event in NOTICES if event not in BY_OTHERS]


def tell(event: Event, user: User, *, origin: Origin = HERE, old_number: str = OLD) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        notices.tell(event, user, origin=origin, old_number=old_number, **WORDS)


@pytest.mark.parametrize("event", Event)
def test_every_event_is_told_or_silent_on_purpose(event: Event) -> None:
    assert (event in NOTICES) is not (event in SILENT)


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
def test_an_event_is_told_to_those_it_concerns(
    alice: User, event: Event, expected: set[tuple[str, str]]
) -> None:
    tell(event, alice)
    assert set(OutboxMessage.objects.values_list("channel", "target")) == expected


@pytest.mark.parametrize("event", NOTICES)
def test_each_way_is_told_once(alice: User, event: Event) -> None:
    tell(event, alice)
    ways = [notice.channel for notice in NOTICES[event]]
    assert len(ways) == len(set(ways)) == OutboxMessage.objects.count()


def test_the_fourth_of_a_kind_in_a_day_is_told_by_mail_alone(alice: User) -> None:
    """One person's changes must not use up the texts that others log in by."""
    for _ in range(5):
        tell(Event.PASSWORD_CHANGED, alice)
    sent = OutboxMessage.objects.values_list("channel", flat=True)
    assert sorted(sent) == ["email"] * 5 + ["sms"] * 3
    tell(Event.FACTOR_CHANGED, alice)
    assert OutboxMessage.objects.filter(channel="sms").count() == 4


def test_what_is_told_is_recorded(alice: User) -> None:
    tell(Event.FACTOR_CHANGED, alice)
    event = AuditEvent.objects.get()
    assert (event.event, event.user, event.address) == ("factor_changed", alice, HERE.address)
    assert event.details == WORDS


def test_the_old_number_learns_that_it_is_out(alice: User) -> None:
    tell(Event.FACTOR_CHANGED, alice)
    text = OutboxMessage.objects.get(channel="sms").body
    assert text.startswith("Acme Portal: your codes no longer go to this number.")


def test_without_an_old_number_the_mailbox_alone_is_told(alice: User) -> None:
    tell(Event.FACTOR_CHANGED, alice, old_number="")
    assert OutboxMessage.objects.get().channel == "email"


@pytest.mark.parametrize(("left", "gone"), [("sms", "email"), ("email", "sms")])
def test_a_way_that_is_not_installed_is_left_out(
    settings, alice: User, left: str, gone: str
) -> None:
    settings.MFA_CHANNELS = {left: settings.MFA_CHANNELS[left]}
    tell(Event.FACTOR_CHANGED, alice)
    assert Delivery.objects.get().channel == left


@pytest.mark.parametrize("event", NOTICES)
def test_a_mail_says_when_and_whom_to_ask(alice: User, event: Event) -> None:
    tell(event, alice)
    body = OutboxMessage.objects.get(channel="email").body
    assert "2 March 2026, 12:00 UTC" in body
    assert "the help desk" in body


@pytest.mark.parametrize("event", BY_A_BROWSER)
def test_a_mail_says_from_where(alice: User, event: Event) -> None:
    tell(event, alice)
    body = OutboxMessage.objects.get(channel="email").body
    assert "Network address: 198.51.100.1" in body
    assert "Browser: Firefox on Linux" in body


@pytest.mark.parametrize("event", NOTICES)
def test_an_event_from_nowhere_names_no_address(alice: User, event: Event) -> None:
    tell(event, alice, origin=NOWHERE)
    body = OutboxMessage.objects.get(channel="email").body
    assert "Network address" not in body
    assert "Browser" not in body


def test_a_pause_says_for_how_long_and_why(alice: User) -> None:
    tell(Event.PAUSED, alice)
    body = OutboxMessage.objects.get(channel="email").body
    assert "paused for 30 minutes" in body
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
def test_a_browser_s_name_cannot_write_into_a_message(alice: User, event: Event) -> None:
    phishing = Origin("198.51.100.1", "Call 0900 123456 now <b>")
    notices.tell(event, alice, origin=phishing, old_number=OLD, **WORDS)
    messages = [deliveries._compose(row) for row in Delivery.objects.all()]
    assert not any("0900" in message.text + message.html for message in messages)


def test_what_an_operator_wrote_is_escaped(alice: User) -> None:
    notices.tell(Event.PAUSED, alice, reason="<b>Gotcha</b>", minutes=1)
    mail = deliveries._compose(Delivery.objects.get(channel="email"))
    assert "&lt;b&gt;Gotcha" in mail.html
    assert "<b>Gotcha" in mail.text


def test_an_unusual_login_is_told_once_however_often_the_worker_is_called(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """LG-09."""
    other_browser.log_in(alice)
    login = AuditEvent.objects.filter(event=Event.LOGGED_IN).latest("pk")
    notices.tell_of_login(login.pk)
    assert AuditEvent.objects.filter(event=Event.UNUSUAL_LOGIN).count() == 1


def test_an_old_one_is_not_told_any_more(alice: User, clock: time_machine.Traveller) -> None:
    """An upgrade reads the whole audit once."""
    audit.record(Event.LOGGED_IN, alice, unusual="browser")
    clock.shift(timedelta(days=1, minutes=1))
    notices.catch_up()
    assert not AuditEvent.objects.filter(event=Event.UNUSUAL_LOGIN).exists()
