"""E13, K10: support starts, refuses or shortens the wait after a lost phone."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied

from accounts.models import User
from accounts.people import support
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event, RecoveryRequest
from tests.conftest import give_phone, make_user
from tests.lost_phone import HOUR, Outcome, no_codes_by_email, remind, start, told
from tests.portal_client import Browser

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def dana(policy: object) -> User:
    """A helper of the group Support."""
    dana = make_user("dana@example.org", full_name="Dana", is_staff=True)
    dana.groups.add(Group.objects.get(name="Support"))
    give_phone(dana, "+447700900207")
    return dana


@pytest.fixture
def desk(dana: User) -> Browser:
    browser = Browser()
    browser.log_in(dana)
    return browser


def page_of(user: User) -> str:
    return f"/support/people/{user.pk}/recovery/"


def test_support_starts_shortens_and_person_reads_each_notice(
    desk: Browser, dana: User, alice: User, clock
) -> None:
    page = desk.post(page_of(alice), {"reason": ""})
    assert "Enter a reason." in page.content.decode()
    desk.post(page_of(alice), {"reason": "Phone fell into the lake"})
    held = RecoveryRequest.objects.get()
    assert held.ready_at - held.started_at == 72 * HOUR
    assert "Support started a request" in told(alice)[0]
    assert "Phone fell into the lake" in told(alice)[0]
    assert "127.0.0.1" not in told(alice)[0], "the helper's address is for administrators only"
    clock.shift(timedelta(minutes=5))
    assert (
        "reported lost on 2 March 2026" in desk.get(f"/support/people/{alice.pk}/").content.decode()
    )
    clock.shift(timedelta(minutes=7))
    late = desk.post(page_of(alice), {"act": "shorten", "reason": "Called back"})
    assert late.url.startswith("/me/confirm/"), "S21: only with a fresh second step"
    desk = Browser()
    desk.log_in(dana)
    desk.post(page_of(alice), {"act": "shorten", "reason": "Called back"})
    held.refresh_from_db()
    assert held.ready_at - held.started_at == HOUR + timedelta(minutes=12)
    assert "Support shortened the wait" in told(alice)[0]
    assert "2 Mar, 13:12 UTC" in told(alice, "sms")[0]


def test_shortened_wait_ends_after_one_hour_and_a_new_notice(
    dana: User, alice: User, browser: Browser, clock
) -> None:
    no_codes_by_email()
    start(browser, alice)
    support.shorten_recovery(dana, alice, reason="Called back", client=NOWHERE)
    clock.shift(59 * timedelta(minutes=1))
    alice.refresh_from_db()
    browser.password(alice)
    assert "Your request is waiting" in browser.get("/recover/").content.decode()
    clock.shift(timedelta(minutes=1))
    assert "You can set up a new phone now" in browser.get("/recover/").content.decode()
    remind()
    assert "can be set up now" in told(alice)[0]
    assert not support.shorten_recovery(dana, alice, reason="Again", client=NOWHERE)


def test_refused_request_blocks_its_device_and_support_starts_another(
    desk: Browser, dana: User, alice: User, browser: Browser
) -> None:
    """Back7."""
    no_codes_by_email()
    start(browser, alice)
    desk.post(page_of(alice), {"act": "refuse", "reason": "Caller could not say who they are"})
    assert RecoveryRequest.objects.get().outcome == Outcome.REFUSED
    event = AuditEvent.objects.get(event=Event.RECOVERY_ENDED)
    assert (event.user, event.actor, event.details["outcome"]) == (alice, dana, "refused")
    assert event.details["reason"] == "Caller could not say who they are"
    assert "can't ask again for 7 days" in browser.get("/recover/").content.decode()
    desk.post(page_of(alice), {"reason": "Came to the desk with a passport"})
    assert "Your request is waiting" in browser.get("/recover/").content.decode()


def test_support_never_acts_on_staff_or_itself(dana: User, root: User, desk: Browser) -> None:
    for person in (dana, root):
        assert desk.post(page_of(person), {"reason": "lost"}).status_code == 403
        for verb in (
            support.start_recovery,
            support.refuse_recovery,
            support.shorten_recovery,
        ):
            with pytest.raises(PermissionDenied):
                verb(dana, person, reason="lost", client=NOWHERE)
    assert not RecoveryRequest.objects.exists()


def test_helper_starts_and_shortens_ten_a_day(desk: Browser, dana: User, alice: User) -> None:
    people = [make_user(f"p{n}@example.org") for n in range(10)]
    for one in people:
        give_phone(one, f"+4477009003{one.pk:02}"[:13])
        support.start_recovery(dana, one, reason="lost", client=NOWHERE)
    page = desk.post(page_of(alice), {"reason": "lost"})
    assert page.status_code == 429
    assert "for ten people today" in page.content.decode()
    # A refusal is never held up.
    assert support.refuse_recovery(dana, people[0], reason="no", client=NOWHERE)
