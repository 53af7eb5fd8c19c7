"""K10: support makes a one-time pass, after the person confirmed that they talk to them."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import User
from accounts.people import support
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event, OneTimePass, OutboxMessage
from tests.conftest import make_user
from tests.journeys import database
from tests.lost_phone import told
from tests.one_time_passes import (
    FORM,
    SHOWN,
    confirm_link,
    confirmed,
    given,
    helper,
    made,
    page_of,
)
from tests.portal_client import Browser

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def dana(policy: object) -> User:
    return helper()


@pytest.fixture
def desk(dana: User) -> Browser:
    browser = Browser()
    browser.log_in(dana)
    return browser


def test_helper_makes_pass_only_after_person_confirms(desk: Browser, alice: User) -> None:
    page = desk.post(page_of(alice), FORM, follow=True)
    assert "has not confirmed" in page.content.decode()
    assert not OneTimePass.objects.exists()
    desk.post(page_of(alice), {"ask": "yes"})
    assert "Dana from support says that they are talking to you" in told(alice)[0]
    assert not SHOWN.search(desk.post(page_of(alice), FORM, follow=True).content.decode())
    page = Browser().get(confirm_link(alice))
    assert "Yes, I am talking to Dana" in page.content.decode()
    assert "has not confirmed" in desk.post(page_of(alice), FORM, follow=True).content.decode()
    page = Browser().post(confirm_link(alice), follow=True)
    assert "Thank you" in page.content.decode()
    page = desk.post(page_of(alice), FORM)
    shown = SHOWN.search(page.content.decode())
    assert shown
    assert "no-store" in page["Cache-Control"]
    for text in (told(alice)[0], told(alice, "sms")[0]):
        assert "made a one-time pass" in text
    # Shown once, and kept only as a hash (back4)
    code = shown[0]
    assert code not in desk.get(page_of(alice)).content.decode()
    assert code not in database.text()
    assert code.replace("-", "") not in database.text()
    page = desk.get(page_of(alice)).content.decode()
    assert "had 1 pass in the last 30 days" in page
    assert "has not confirmed" in desk.post(page_of(alice), FORM, follow=True).content.decode()


def test_confirmation_is_for_one_helper_and_ten_minutes(
    desk: Browser, alice: User, charlie: User, dana: User, clock
) -> None:
    eve = make_user("eve@example.org", is_staff=True)
    eve.groups.set(dana.groups.all())
    confirmed(desk, alice)
    link = confirm_link(alice)
    make = {"minutes": 30, "reason": "lost", "client": NOWHERE}
    assert support.make_pass(eve, alice, **make) is None
    assert support.make_pass(dana, charlie, **make) is None
    clock.shift(timedelta(minutes=10))
    assert support.make_pass(dana, alice, **make) is None
    page = Browser().post(link)
    assert (page.status_code, "expired" in page.content.decode()) == (410, True)
    assert not OneTimePass.objects.exclude(made_at=None).exists()


def test_without_that_email_only_administrators_make_one_and_all_are_mailed(
    desk: Browser, dana: User, root: User, office: Browser, alice: User
) -> None:
    assert support.may_vouch(root, alice)
    assert not support.may_vouch(dana, alice)
    assert "only an administrator can make a pass" in desk.get(page_of(alice)).content.decode()
    with pytest.raises(PermissionDenied):
        support.make_pass(dana, alice, minutes=30, reason="x", alone=True, client=NOWHERE)
    other = make_user("other@example.org", is_staff=True, is_superuser=True)
    page = office.post(page_of(alice), FORM)
    assert SHOWN.search(page.content.decode())
    for person in (root, other):
        mail = OutboxMessage.objects.filter(target=person.email).latest("pk").body
        assert "had not confirmed" in mail
        assert "Lost the phone on a boat" in mail
    assert "Enter a reason." in office.post(page_of(alice), {"minutes": "30"}).content.decode()
    assert office.post(page_of(alice), FORM | {"minutes": "9"}).status_code == 200
    assert office.post(page_of(alice), FORM | {"minutes": "481"}).status_code == 200
    assert OneTimePass.objects.count() == 1


def test_no_pass_for_staff_or_oneself_and_ten_a_day(
    desk: Browser, dana: User, root: User, office: Browser, alice: User
) -> None:
    for person in (dana, root):
        assert desk.post(page_of(person), FORM).status_code == 403
        assert desk.post(page_of(person), {"ask": "yes"}).status_code == 403
    assert office.post(page_of(root), FORM).status_code == 403
    for _ in range(10):
        made(root, alice)
    page = office.post(page_of(alice), FORM)
    assert page.status_code == 429
    assert "for ten people today" in page.content.decode()


def test_report_of_the_notice_cancels_unused_pass(desk: Browser, alice: User) -> None:
    """“This wasn't me”: the pass opens nothing, and the password is gone."""
    code = given(desk, alice)
    desk.post(page_of(alice), {"ask": "yes"})
    link = confirm_link(alice)
    event = AuditEvent.objects.get(event=Event.PASS_MADE)
    assert "/me/not-me/" in told(alice)[1]
    address = alice.not_me_link(event.pk, at=event.at)
    browser = Browser()
    browser.password(alice)
    assert Browser().post(address.removeprefix("http://testserver")).status_code == 302
    assert AuditEvent.objects.filter(event=Event.PASS_CANCELLED, user=alice).count() == 1
    page = Browser().post(link)
    assert page.status_code == 410, "a stranger with the mailbox confirms no more"
    alice.refresh_from_db()
    alice.set_password("correct horse battery staple")
    alice.save()
    browser.password(alice)
    page = browser.post("/login/pass/", {"code": code})
    assert "There is no pass that works now" in page.content.decode()


def test_emails_of_questions_have_a_limit(desk: Browser, alice: User) -> None:
    for _ in range(5):
        desk.post(page_of(alice), {"ask": "yes"})
    page = desk.post(page_of(alice), {"ask": "yes"}, follow=True)
    assert "already got several of these emails" in page.content.decode()
    assert OneTimePass.objects.count() == 5


def test_address_that_was_just_changed_confirms_nothing(desk: Browser, alice: User, clock) -> None:
    """EM-06: a stranger with an open session may have changed it, and call support."""
    User.objects.filter(pk=alice.pk).update(email_changed_at=timezone.now())
    clock.shift(timedelta(days=7, minutes=-1))
    desk.log_in(User.objects.get(email="dana@example.org"))
    page = desk.post(page_of(alice), {"ask": "yes"}, follow=True)
    assert "changed in the last 7 days" in page.content.decode()
    assert not OneTimePass.objects.exists()
    clock.shift(timedelta(minutes=1))
    confirmed(desk, alice)
    assert OneTimePass.objects.get().confirmed_at


@pytest.mark.parametrize("before", ["question", "confirmation"])
def test_address_that_changes_after_the_question_confirms_nothing(
    desk: Browser, alice: User, clock, before: str
) -> None:
    """The owner has left the old address, because someone else reads it."""
    desk.post(page_of(alice), {"ask": "yes"})
    link = confirm_link(alice)
    clock.shift(timedelta(seconds=30))
    if before == "confirmation":
        Browser().post(link)
    new = {"email": "alice@new.example.org", "email_changed_at": timezone.now()}
    User.objects.filter(pk=alice.pk).update(**new)
    assert Browser().get(link).status_code == Browser().post(link).status_code == 410
    page = desk.post(page_of(alice), FORM, follow=True)
    assert "has not confirmed" in page.content.decode()
    assert not OneTimePass.objects.exclude(made_at=None).exists()
