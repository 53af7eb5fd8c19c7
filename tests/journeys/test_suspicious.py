"""LG-09: people are notified of unusual attempts."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.models import OutboxMessage
from tests.portal_client import Browser, code

pytestmark = pytest.mark.usefixtures("clock")

NUMBER = "+447700900201"
VERIFY = "/login/verify/"


def mails(user: User, subject: str) -> list[str]:
    told = OutboxMessage.objects.filter(target=user.email, subject__contains=subject)
    return list(told.values_list("body", flat=True))


def guess(browser: Browser, times: int) -> None:
    wrong = f"{(int(code(NUMBER)) + 1) % 10**6:06}"
    for _ in range(times):
        browser.post(VERIFY, {"code": wrong})


def test_five_wrong_codes_after_right_password_are_notified(asked: Browser, alice: User) -> None:
    asked.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"
    guess(asked, 5)
    (body,) = mails(alice, "5 wrong codes")
    assert "Firefox on Linux" in body
    assert "127.0.0.1" in body
    assert code(NUMBER) not in body


def test_four_wrong_codes_cause_no_notice(asked: Browser, alice: User) -> None:
    guess(asked, 4)
    assert not mails(alice, "5 wrong codes")


def test_further_wrong_codes_cause_only_lockout(
    asked: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    guess(asked, 5)
    clock.shift(timedelta(minutes=16))
    asked.password(alice)
    guess(asked, 1)
    alice.refresh_from_db()
    assert alice.wrong_answers == 6
    assert len(mails(alice, "5 wrong codes")) == 1


def test_first_login_causes_no_notice(home: Browser, alice: User) -> None:
    assert not mails(alice, "new login")


def test_login_from_new_browser_is_notified(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    other_browser.log_in(alice)
    (body,) = mails(alice, "new login")
    assert "from a new browser" in body


def test_login_from_recognized_device_causes_no_notice(home: Browser, alice: User) -> None:
    home.post("/logout/")
    home.log_in(alice)
    assert not mails(alice, "new login")


def test_login_after_long_pause_is_notified_on_recognized_device(
    home: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    home.post("/logout/")
    clock.shift(timedelta(days=31))
    home.log_in(alice)
    (body,) = mails(alice, "new login")
    assert "for the first time in a long while" in body


def test_skipping_is_notified(browser: Browser, bob: User, optional: object) -> None:
    """NT-01."""
    browser.password(bob)
    browser.post("/login/skip/")
    assert len(mails(bob, "two-step verification skipped")) == 1
