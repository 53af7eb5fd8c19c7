"""Audit: one row and one log line per event, told to its person alone."""

import logging
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa import audit
from mfa.models import AuditEvent, Event
from mfa.origin import Origin
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Origin("198.51.100.1", "Firefox")


def test_an_event_keeps_who_when_and_from_where(alice: User) -> None:
    audit.record(Event.CODE_SENT, alice, origin=HERE, channel="sms", attempt=2)
    event = AuditEvent.objects.get()
    assert (event.event, event.user, event.at) == ("code_sent", alice, NOON)
    assert (event.address, event.browser) == ("198.51.100.1", "Firefox")
    assert event.details == {"channel": "sms", "attempt": 2}


def test_an_event_may_come_from_nowhere_and_concern_nobody() -> None:
    audit.record(Event.PASSWORD_WRONG, None)
    event = AuditEvent.objects.get()
    assert (event.user, event.address, event.browser, event.details) == (None, None, "", {})


def test_the_log_names_the_event_and_a_number_for_the_person(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    audit.record(Event.LOGGED_IN, alice, origin=HERE, channel="sms")
    assert caplog.record_tuples == [("mfa.audit", logging.INFO, f"logged_in user={alice.pk}")]


@pytest.mark.parametrize("event", [Event.PAUSED, Event.FACTOR_DISABLED])
def test_what_an_operator_should_see_is_a_warning(
    event: Event, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    audit.record(event, alice)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_person_s_events_come_newest_first(alice: User, clock: time_machine.Traveller) -> None:
    audit.record(Event.PASSWORD_RIGHT, alice)
    audit.record(Event.CODE_SENT, alice)
    clock.shift(timedelta(seconds=1))
    audit.record(Event.LOGGED_IN, alice)
    told = [event.event for event in audit.events_of(alice)]
    assert told == [Event.LOGGED_IN, Event.CODE_SENT, Event.PASSWORD_RIGHT]


def test_nobody_sees_the_events_of_others(alice: User, charlie: User) -> None:
    audit.record(Event.LOGGED_IN, alice)
    audit.record(Event.PASSWORD_WRONG, None)
    assert not audit.events_of(charlie).exists()


def test_events_outlive_their_person(alice: User) -> None:
    audit.record(Event.LOGGED_IN, alice)
    alice.delete()
    assert AuditEvent.objects.get().user is None


@pytest.mark.parametrize("event", Event)
def test_every_event_reads_as_a_sentence(event: Event) -> None:
    text = AuditEvent(event=event).text
    assert text[0].isupper()
    assert text.endswith(".")


def test_an_event_of_a_later_version_reads_as_its_name() -> None:
    assert str(AuditEvent(event="teleported")) == "teleported"
