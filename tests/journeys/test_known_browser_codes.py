"""An attacker with the password cannot lock the owner out of a recognized device (LG-02, SS-09)."""

import re
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.models import AuditEvent, Event, Lockout, OutboxMessage
from tests.conftest import NOON
from tests.portal_client import PASSWORD, Browser, code

VERIFY = "/login/verify/"
HELP = "/login/help/"
OTHERS = "If you've logged in on another device before, you may be able to log in there now."


def guess(browser: Browser, user: User, clock: time_machine.Traveller, times: int) -> None:
    """Enter wrong codes after the right password, with a new code after every fifth."""
    browser.password(user)
    for number in range(times):
        if number and number % 5 == 0:
            clock.shift(timedelta(seconds=31))
            browser.post("/login/verify/resend/")
        browser.post(VERIFY, {"code": wrong_code(user)})


def wrong_code(user: User) -> str:
    return f"{(int(right_code(user)) + 1) % 1_000_000:06}"


def right_code(user: User) -> str:
    return code(user.factors.get().target)


def waits(browser: Browser, user: User) -> bool:
    return browser.password(user).url == HELP


@pytest.fixture
def guessed(
    clock: time_machine.Traveller, known: Browser, other_browser: Browser, alice: User
) -> Browser:
    """The browser of an attacker whose fifth wrong code caused a lockout."""
    guess(other_browser, alice, clock, 5)
    assert waits(other_browser, alice)
    return other_browser


def test_owner_logs_in_during_attackers_lockout(
    guessed: Browser, known: Browser, alice: User
) -> None:
    known.log_in(alice)
    assert known.signed_in


def test_owners_login_does_not_end_attackers_lockout(
    guessed: Browser, known: Browser, alice: User
) -> None:
    known.log_in(alice)
    assert waits(guessed, alice)
    alice.refresh_from_db()
    assert alice.wait_until == NOON + timedelta(minutes=15)


def test_owner_login_gives_attacker_no_attempts(
    clock: time_machine.Traveller, known: Browser, other_browser: Browser, alice: User
) -> None:
    """S22."""
    guess(other_browser, alice, clock, 4)
    known.log_in(alice)
    assert known.signed_in
    guess(Browser(), alice, clock, 1)
    assert waits(other_browser, alice)
    assert alice.factors.get().wrong_answers == 5


def test_unrecognized_device_shares_attackers_lockout(guessed: Browser, alice: User) -> None:
    """LG-01: one shared wait."""
    browser = Browser()
    assert waits(browser, alice)
    assert OTHERS in browser.get(HELP).content.decode()


def test_cookie_of_another_person_does_not_bypass_lockout(
    guessed: Browser, alice: User, charlie: User
) -> None:
    browser = Browser()
    browser.log_in(charlie)
    browser.post("/logout/")
    assert waits(browser, alice)


def test_owner_can_reset_password_during_lockout(
    guessed: Browser, known: Browser, alice: User
) -> None:
    known.post("/password/forgot/", {"email": alice.email})
    mail = OutboxMessage.objects.filter(body__contains="/password/reset/").latest("pk").body
    known.post(re.search(r"http://testserver(/password/reset/\S+)", mail)[1])
    response = known.post(VERIFY, {"code": right_code(alice)})
    assert response.url == "/password/new/"


def test_logged_in_owner_can_step_up_during_lockout(
    clock: time_machine.Traveller, home: Browser, other_browser: Browser, alice: User
) -> None:
    clock.shift(timedelta(minutes=11))
    home.get("/me/")
    guess(other_browser, alice, clock, 5)
    home.post("/me/confirm/?next=/me/phone/", {"password": PASSWORD})
    assert home.post(VERIFY, {"code": right_code(alice)}).url == "/me/phone/"


def test_own_wrong_codes_lock_recognized_device(
    clock: time_machine.Traveller, known: Browser, alice: User
) -> None:
    guess(known, alice, clock, 10)
    assert waits(known, alice)
    page = known.get(HELP).content.decode()
    assert "2026-03-02T12:15:31" in page
    assert OTHERS not in page
    locked = AuditEvent.objects.get(user=alice, event=Event.LOCKED)
    assert locked.details == {"minutes": 15}


def test_right_code_during_own_lockout_is_refused(
    clock: time_machine.Traveller, known: Browser, alice: User
) -> None:
    guess(known, alice, clock, 10)
    known.post(VERIFY, {"code": right_code(alice)})
    assert not known.signed_in


def test_own_lockout_ends(clock: time_machine.Traveller, known: Browser, alice: User) -> None:
    guess(known, alice, clock, 10)
    clock.shift(timedelta(minutes=15, seconds=1))
    known.log_in(alice)
    assert known.signed_in


def test_right_code_clears_own_wrong_codes(
    clock: time_machine.Traveller, known: Browser, alice: User
) -> None:
    guess(known, alice, clock, 9)
    known.post(VERIFY, {"code": right_code(alice)})
    own = Lockout.objects.filter(failures__gt=0)
    assert not own.exists()


def test_hundred_wrong_codes_of_phone_count_on_all_devices(
    clock: time_machine.Traveller, known: Browser, other_browser: Browser, alice: User
) -> None:
    """LG-01: NIST's 100 count across all devices."""
    guess(other_browser, alice, clock, 3)
    guess(known, alice, clock, 3)
    assert alice.factors.get().wrong_answers == 6
    alice.refresh_from_db()
    assert alice.wrong_answers == 6
