"""RV-08: a second, verified address gets the notices, and codes to set up a new phone."""

import re
from datetime import timedelta

import pytest

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, SitePolicy
from tests.lost_phone import NEW_PHONE, start
from tests.portal_client import Browser, code

pytestmark = pytest.mark.usefixtures("clock")
SECOND, PAGE = "alice.second@example.net", "/me/recovery-email/"
WEEK = timedelta(days=7)


def link() -> str:
    body = OutboxMessage.objects.filter(target=SECOND).latest("pk").body
    found = re.search(PAGE + r"\S+/", body)
    assert found
    return found[0]


def mails(target: str) -> list[str]:
    sent = OutboxMessage.objects.filter(channel="email", target=target).order_by("-pk")
    return [f"{one.subject} {one.body}" for one in sent]


@pytest.fixture
def kept(browser: Browser, alice: User) -> User:
    """Alice with a verified recovery email."""
    browser.log_in(alice)
    browser.post(PAGE, {"email": SECOND})
    browser.post(link())
    alice.refresh_from_db()
    return alice


def test_recovery_email_counts_only_after_its_link(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    browser.post(PAGE, {"email": SECOND})
    alice.refresh_from_db()
    assert (alice.recovery_email, alice.more_emails) == ("", ())
    address = link()
    assert "Verify your recovery email" in Browser().get(address).content.decode()
    alice.refresh_from_db()
    assert not alice.recovery_email, "a GET verifies nothing"
    Browser().post(address)
    alice.refresh_from_db()
    assert alice.recovery_email == SECOND
    assert Browser().post(address).status_code == 410
    for target in (alice.email, SECOND):
        assert "your recovery email was changed" in mails(target)[0]


def test_notices_of_a_lost_phone_go_to_both_addresses(kept: User) -> None:
    start(Browser(), kept)
    for target in (kept.email, SECOND):
        assert "your phone was reported lost" in mails(target)[0]
        assert "/recover/stop/" in mails(target)[0]


def test_code_to_recovery_email_sets_up_new_phone_a_week_later(kept: User, clock) -> None:
    browser = Browser()
    browser.password(kept)
    browser.post("/login/lost/")
    assert "instead" not in browser.get("/login/mailbox/").content.decode()
    browser.post("/login/mailbox/", {"other": "yes"})
    assert "Your code" not in mails(SECOND)[0]
    assert code(kept.email)
    clock.shift(WEEK)
    browser.password(kept)
    browser.post("/login/lost/")
    assert (
        "Send the code to a…@example.net instead" in browser.get("/login/mailbox/").content.decode()
    )
    browser.post("/login/mailbox/", {"other": "yes"})
    browser.post("/login/mailbox/", {"code": code(SECOND)})
    browser.post("/login/enroll/phone/", {"phone": NEW_PHONE})
    browser.post("/login/enroll/verify/", {"code": code(NEW_PHONE)})
    assert kept.factors.usable().get(kind="phone").target == NEW_PHONE


def test_recovery_email_neither_logs_in_nor_resets(kept: User, clock) -> None:
    """RV-04."""
    SitePolicy.note(email_codes="off")
    clock.shift(WEEK)
    browser = Browser()
    browser.post("/password/forgot/", {"email": SECOND})
    assert "/password/reset/" not in mails(SECOND)[0]
    browser.password(kept)
    browser.post("/login/mailbox/", {"other": "yes"})
    assert browser.get("/login/mailbox/").url != "/login/mailbox/"
    assert not OutboxMessage.objects.filter(target=SECOND, body__regex=r"[0-9]{6}").exists()


def test_removed_address_is_notified_and_gets_nothing_more(kept: User, browser: Browser) -> None:
    browser.post(PAGE, {"remove": "yes"})
    kept.refresh_from_db()
    assert (kept.recovery_email, kept.recovery_email_at) == ("", None)
    assert "no longer has a recovery email" in mails(SECOND)[0]
    before = len(mails(SECOND))
    start(Browser(), kept)
    assert len(mails(SECOND)) == before


def test_report_of_the_change_forgets_the_address(kept: User) -> None:
    event = AuditEvent.objects.get(event=Event.RECOVERY_EMAIL_CHANGED)
    address = kept.not_me_link(event.pk, at=event.at)
    Browser().post(address.removeprefix("http://testserver"))
    kept.refresh_from_db()
    assert kept.recovery_email == ""
    assert not kept.has_usable_password()
