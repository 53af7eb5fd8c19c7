"""Audit: one row and one log line per event, told to its person alone."""

import logging
import re
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa import audit, notices
from mfa.models import AuditEvent, Event
from mfa.origin import Origin
from tests.conftest import NOON, make_user
from tests.portal_client import Browser

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


def test_events_keep_the_numbers_of_people_who_were_deleted(alice: User, charlie: User) -> None:
    """Of the person concerned and of the one who acted; a new person never gets the number."""
    audit.record(Event.PAUSED, alice, by=charlie.pk)
    numbers = (alice.pk, charlie.pk)
    alice.delete()
    charlie.delete()
    event = AuditEvent.objects.select_related("user", "actor").get()
    assert (event.user_id, event.actor_id) == numbers
    assert (event.user, event.actor) == (None, None)
    assert (event.person, event.done_by) == tuple(f"number {each}, deleted" for each in numbers)
    assert make_user("new@example.org").pk not in numbers


def test_events_name_people_who_are_there(alice: User, charlie: User) -> None:
    event = audit.record(Event.PAUSED, alice, by=charlie.pk)
    assert (event.person, event.done_by) == (alice.email, charlie.email)


def test_what_a_person_does_has_nobody_else_behind_it(alice: User) -> None:
    assert audit.record(Event.LOGGED_IN, alice).done_by == ""
    assert audit.record(Event.PAUSED, alice, command="pause_mfa").done_by == "pause_mfa"


def test_the_admin_shows_and_finds_the_numbers(
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


def test_a_login_of_somebody_deleted_meanwhile_is_told_to_nobody(alice: User) -> None:
    login = audit.record(Event.LOGGED_IN, alice, unusual="browser")
    alice.delete()
    notices.tell_of_login(login.pk)
    assert AuditEvent.objects.get() == login


@pytest.mark.parametrize("event", Event)
def test_every_event_reads_as_a_sentence(event: Event) -> None:
    text = AuditEvent(event=event).text
    assert text[0].isupper()
    assert text.endswith(".")


def test_an_event_of_a_later_version_reads_as_its_name() -> None:
    assert str(AuditEvent(event="teleported")) == "teleported"


# The reference code of a case (C19)


@pytest.mark.parametrize("row", [1, 7, 1020, 1021, 1022, 123_456, 10**9, 2**40])
def test_a_reference_leads_back_to_its_row(row: int, alice: User) -> None:
    AuditEvent.objects.create(pk=row, at=NOON, event="logged_in", user=alice)
    reference = audit.reference_of(row)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4,}-[0-9A-HJKMNP-TV-Z]{4}", reference)
    assert audit.case_of(reference).pk == row


@pytest.mark.parametrize("spelt", ["0000-07K3", "000007k3", " 0000 07K3 "])
def test_a_reference_may_be_told_as_one_likes(alice: User, spelt: str) -> None:
    AuditEvent.objects.create(pk=7, at=NOON, event="logged_in", user=alice)
    right = audit.reference_of(7).replace("-", "")
    told = spelt.replace("07K3", right[4:]).replace("07k3", right[4:].lower())
    assert audit.case_of(told).pk == 7


def test_letters_that_sound_like_digits_are_digits(alice: User) -> None:
    AuditEvent.objects.create(pk=1, at=NOON, event="logged_in", user=alice)
    assert audit.case_of(audit.reference_of(1).replace("0", "O").replace("1", "l")).pk == 1


def test_one_wrong_letter_names_nobody(alice: User) -> None:
    for row in range(1, 300):
        AuditEvent.objects.create(pk=row, at=NOON, event="logged_in", user=alice)
    right = audit.reference_of(42).replace("-", "")
    for place in range(len(right)):
        for letter in audit.LETTERS.replace(right[place], ""):
            assert audit.case_of(right[:place] + letter + right[place + 1 :]) is None


@pytest.mark.parametrize(
    "typed", ["", "0", "alice@example.org", "x" * 200, "U" * 8, "Ünïcödé1", "\0"]
)
def test_what_is_no_reference_names_nobody(db: None, typed: str) -> None:
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
