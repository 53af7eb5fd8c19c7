"""A PIN is set up, asked, refused and accepted like any other factor."""

import pytest

from accounts.models import User
from mfa.models import OutboxMessage
from tests.portal_client import Browser

PIN = "4711"


@pytest.fixture
def holder(bob: User) -> User:
    """Bob, who has chosen a PIN on his first login."""
    first = Browser()
    first.password(bob)
    assert "Four digits that you choose." in first.get("/login/enroll/").content.decode()
    assert first.post("/login/enroll/pin/", {"code": PIN}).url.startswith("/login/?notice=added")
    return bob


def test_new_kind_pin_logs_in(browser: Browser, holder: User) -> None:
    assert browser.password(holder).url == "/login/pin/"
    assert "Enter your PIN" in browser.get("/login/pin/").content.decode()
    assert browser.post("/login/pin/", {"code": PIN}).url == "/"
    assert browser.signed_in
    assert browser.session["mfa_about"]["aal"] == 2


def test_wrong_pin_does_not_log_in(browser: Browser, holder: User) -> None:
    browser.password(holder)
    page = browser.post("/login/pin/", {"code": "0000"}).content.decode()
    assert "That is not your PIN." in page
    assert not browser.signed_in
    holder.refresh_from_db()
    assert holder.wrong_answers == 1


def test_ten_wrong_pins_cause_lockout(browser: Browser, holder: User) -> None:
    browser.password(holder)
    answers = [browser.post("/login/pin/", {"code": "0000"}) for _ in range(10)]
    assert answers[-1].url == "/login/help/"
    assert browser.post("/login/pin/", {"code": PIN}).url == "/login/help/"


def test_new_pin_is_notified_and_listed(browser: Browser, holder: User) -> None:
    assert "A PIN was set" in OutboxMessage.objects.get().body
    browser.password(holder)
    browser.post("/login/pin/", {"code": PIN})
    assert "Pin" in browser.get("/me/security/").content.decode()


def test_email_can_replace_pin(browser: Browser, holder: User) -> None:
    browser.password(holder)
    page = browser.get("/login/choose/").content.decode()
    assert "Your PIN" in page
    assert "Email to" in page
