"""Audit: one row and one log line per event, visible to its person."""

import logging
import re
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa import audit
from mfa.client import Client
from mfa.messages import notices
from mfa.models import AuditEvent, Event
from mfa.rules.base32 import reference_to
from tests.conftest import NOON, make_user
from tests.portal_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Client("198.51.100.1", "Firefox")


def test_event_stores_person_time_and_origin(alice: User) -> None:
    audit.record(Event.CODE_SENT, alice, client=HERE, channel="sms", attempt=2)
    event = AuditEvent.objects.get()
    assert (event.event, event.user, event.at) == ("code_sent", alice, NOON)
    assert (event.address, event.browser) == ("198.51.100.1", "Firefox")
    assert event.details == {"channel": "sms", "attempt": 2}


def test_event_can_lack_origin_and_person() -> None:
    audit.record(Event.PASSWORD_WRONG, None)
    event = AuditEvent.objects.get()
    assert (event.user, event.address, event.browser, event.details) == (None, None, "", {})


def test_log_names_event_and_number_for_person(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    audit.record(Event.LOGGED_IN, alice, client=HERE, channel="sms")
    assert caplog.record_tuples == [("mfa.audit", logging.INFO, f"logged_in user={alice.pk}")]


def test_words_for_others_do_not_talk_to_the_person() -> None:
    assert [event for event in Event if re.search("you", str(event.told), re.IGNORECASE)] == []


@pytest.mark.parametrize("event", [Event.PAUSED, Event.FACTOR_DISABLED])
def test_important_events_are_warnings(
    event: Event, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    audit.record(event, alice)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_persons_events_come_newest_first(alice: User, clock: time_machine.Traveller) -> None:
    audit.record(Event.PASSWORD_RIGHT, alice)
    audit.record(Event.CODE_SENT, alice)
    clock.shift(timedelta(seconds=1))
    audit.record(Event.LOGGED_IN, alice)
    told = [event.event for event in audit.events_of(alice)]
    assert told == [Event.LOGGED_IN, Event.CODE_SENT, Event.PASSWORD_RIGHT]


def test_people_see_only_their_events(alice: User, charlie: User) -> None:
    audit.record(Event.LOGGED_IN, alice)
    audit.record(Event.PASSWORD_WRONG, None)
    assert not audit.events_of(charlie).exists()


def test_events_keep_the_numbers_of_people_who_were_deleted(alice: User, charlie: User) -> None:
    """Of the person concerned and of the actor. A new person never gets the number."""
    audit.record(Event.PAUSED, alice, by=charlie.pk)
    numbers = (alice.pk, charlie.pk)
    alice.delete()
    charlie.delete()
    event = AuditEvent.objects.select_related("user", "actor").get()
    assert (event.user_id, event.actor_id) == numbers
    assert (event.user, event.actor) == (None, None)
    assert (event.person, event.done_by) == tuple(f"number {each}, deleted" for each in numbers)
    assert make_user("new@example.org").pk not in numbers


def test_events_show_emails_of_existing_people(alice: User, charlie: User) -> None:
    event = audit.record(Event.PAUSED, alice, by=charlie.pk)
    assert (event.person, event.done_by) == (alice.email, charlie.email)


def test_own_action_has_no_actor(alice: User) -> None:
    assert audit.record(Event.LOGGED_IN, alice).done_by == ""
    assert audit.record(Event.PAUSED, alice, command="pause_mfa").done_by == "pause_mfa"


def test_admin_shows_and_finds_numbers(
    office: Browser, root: User, alice: User, charlie: User
) -> None:
    audit.record(Event.PAUSED, alice, by=root.pk)
    audit.record(Event.PAUSED, charlie, by=root.pk)
    number = alice.pk
    alice.delete()
    page = office.get("/admin/mfa/auditevent/", {"q": number}).content.decode()
    assert f"number {number}, deleted" in page
    assert charlie.email not in page
    row = AuditEvent.objects.get(user_id=number)
    row_page = office.get(f"/admin/mfa/auditevent/{row.pk}/change/").content.decode()
    assert f"number {number}, deleted" in row_page
    assert root.email in row_page
    by_actor = office.get("/admin/mfa/auditevent/", {"q": root.pk}).content.decode()
    assert charlie.email in by_actor


def test_unusual_login_of_deleted_person_is_not_notified(alice: User) -> None:
    login = audit.record(Event.LOGGED_IN, alice, unusual="browser")
    alice.delete()
    notices.tell_of_login(login.pk)
    assert AuditEvent.objects.get() == login


@pytest.mark.parametrize("event", Event)
def test_every_event_reads_as_a_sentence(event: Event) -> None:
    text = AuditEvent(event=event).text
    assert text[0].isupper()
    assert text.endswith(".")


def test_event_of_later_version_reads_as_its_name() -> None:
    assert str(AuditEvent(event="teleported")) == "teleported"


# The reference code of a case (C19)


def test_reference_finds_its_row(alice: User) -> None:
    AuditEvent.objects.create(pk=2**40, at=NOON, event="logged_in", user=alice)
    assert audit.case_of(reference_to(2**40)).pk == 2**40
    assert audit.case_of(reference_to(7)) is None


@pytest.mark.parametrize("typed", ["", "alice@example.org", "\0"])
def test_invalid_reference_finds_nothing(db: None, typed: str) -> None:
    assert audit.case_of(typed) is None


def test_support_finds_the_case_by_the_code_of_the_help_page(
    browser: Browser, other_browser: Browser, alice: User, charlie: User, root: User
) -> None:
    browser.password(alice)
    page = browser.get("/login/help/").content.decode()
    reference = re.search(r'class="reference">([^<]+)<', page)[1]
    other_browser.log_in(root)
    Browser().password(charlie)
    for model in ("auditevent", "delivery", "challenge", "factor"):
        found = other_browser.get(f"/admin/mfa/{model}/", {"q": reference}).content.decode()
        assert alice.email in found
        assert charlie.email not in found


def test_strangers_have_no_reference(browser: Browser, db: None) -> None:
    assert "reference" not in browser.get("/login/help/").content.decode()


def test_joined_event_is_written_with_the_next_one_and_before_it(
    alice: User, django_assert_num_queries
) -> None:
    with (
        django_assert_num_queries(1),
        audit.joined(Event.PASSWORD_RIGHT, alice, client=HERE) as first,
    ):
        second = audit.record(Event.CODE_SENT, alice)
    assert first.pk < second.pk
    assert [event.event for event in audit.events_of(alice)] == [
        Event.CODE_SENT,
        Event.PASSWORD_RIGHT,
    ]


def test_joined_event_without_a_next_one_is_written_at_the_end(alice: User) -> None:
    with audit.joined(Event.PASSWORD_RIGHT, alice, client=HERE) as only:
        pass
    assert [event.pk for event in audit.events_of(alice)] == [only.pk]
    audit.record(Event.LOGGED_OUT, alice)
    assert audit.events_of(alice).count() == 2


def test_joined_event_is_written_although_its_block_fails(alice: User) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        audit.joined(Event.PASSWORD_RIGHT, alice, client=HERE),
    ):
        raise ZeroDivisionError
    assert [event.event for event in audit.events_of(alice)] == [Event.PASSWORD_RIGHT]
