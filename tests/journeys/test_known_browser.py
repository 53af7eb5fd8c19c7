"""A recognized device is locked only by its own failures (LG-02, SS-09)."""

import re
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.models import AuditEvent, Event, Lockout, OutboxMessage, SitePolicy
from tests.portal_client import PASSWORD, Browser, code

WRONG = "not the password"
NEW = "another long enough one"


def fail(browser: Browser, user: User, times: int = 10) -> None:
    for _ in range(times):
        assert browser.password(user, WRONG).status_code == 200


def forget(browser: Browser) -> Browser:
    """The same browser without its cookies."""
    browser.cookies.clear()
    return browser


def test_strangers_do_not_lock_recognized_device(
    known: Browser, other_browser: Browser, alice: User
) -> None:
    fail(other_browser, alice)
    assert other_browser.password(alice).status_code == 429
    assert known.password(alice).url == "/login/verify/"


def test_strangers_at_same_address_do_not_lock_recognized_device(
    known: Browser, other_browser: Browser, alice: User
) -> None:
    for number in range(50):
        form = {"email": f"nobody{number}@example.org", "password": WRONG}
        other_browser.post("/login/", form)
    assert other_browser.password(alice).status_code == 429
    assert known.password(alice).url == "/login/verify/"


def test_own_failures_lock_recognized_device(known: Browser, alice: User) -> None:
    fail(known, alice)
    response = known.password(alice)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "30"


def test_own_failures_are_in_the_audit(known: Browser, alice: User) -> None:
    fail(known, alice)
    slowed = AuditEvent.objects.filter(user=alice, event=Event.PASSWORD_SLOWED)
    assert slowed.count() == 1


def test_own_failures_do_not_lock_others(
    known: Browser, other_browser: Browser, alice: User
) -> None:
    fail(known, alice)
    assert other_browser.password(alice).url == "/login/verify/"


def test_right_password_clears_only_own_failures(
    known: Browser, other_browser: Browser, alice: User
) -> None:
    """LG-01: otherwise each login of the owner would give an attacker new attempts."""
    fail(other_browser, alice)
    fail(known, alice, 9)
    known.password(alice)
    assert Lockout.objects.count() == 1
    assert other_browser.password(alice).status_code == 429


def test_device_is_unrecognized_for_other_accounts(
    known: Browser, other_browser: Browser, charlie: User
) -> None:
    fail(other_browser, charlie)
    assert known.password(charlie).status_code == 429


def test_charlies_cookie_does_not_bypass_alices_lockout(
    clock: time_machine.Traveller, known: Browser, other_browser: Browser, charlie: User
) -> None:
    """The cookie of one's own account allows no guesses at another account."""
    other_browser.log_in(charlie)
    other_browser.post("/logout/")
    alice = User.objects.get(email="alice@example.org")
    fail(Browser(), alice)
    assert other_browser.password(alice, WRONG).status_code == 429


def test_device_without_cookie_is_unrecognized(
    known: Browser, other_browser: Browser, alice: User
) -> None:
    fail(other_browser, alice)
    assert forget(known).password(alice).status_code == 429


def test_collected_cookies_allow_limited_guesses(
    clock: time_machine.Traveller, policy: SitePolicy, alice: User
) -> None:
    """Without a second step, each login of an attacker gets a cookie. There are 16 counts."""
    policy.enabled = False
    policy.save()
    thieves = [Browser() for _ in range(40)]
    for thief in thieves:
        thief.password(alice)
        thief.post("/logout/")
    judged = [thief.password(alice, WRONG).status_code for thief in thieves for _ in range(10)]
    assert judged.count(200) <= 16 * 10


def test_pending_login_does_not_make_device_recognized(asked: Browser) -> None:
    """Only a complete login makes a device recognized."""
    assert "browser" not in asked.cookies


def test_failures_set_no_cookie(browser: Browser, alice: User) -> None:
    """LG-03."""
    browser.password(alice, WRONG)
    assert "browser" not in browser.cookies


def test_cookie_does_not_log_in_or_skip_steps(known: Browser, alice: User) -> None:
    """SS-09: it grants nothing."""
    assert known.get("/me/").status_code == 302
    known.password(alice)
    assert not known.signed_in


@pytest.mark.parametrize("moved", [timedelta(days=364), timedelta(days=366)])
def test_device_is_recognized_for_a_year(
    clock: time_machine.Traveller,
    known: Browser,
    other_browser: Browser,
    alice: User,
    moved: timedelta,
) -> None:
    clock.shift(moved)
    fail(other_browser, alice)
    assert (known.password(alice).status_code == 302) is (moved < timedelta(days=365))


def test_strangers_cannot_prevent_password_change(
    clock: time_machine.Traveller, home: Browser, other_browser: Browser, alice: User
) -> None:
    fail(other_browser, alice)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert home.post("/me/password/", form).url == "/me/?saved=password"


def test_reset_ends_lockout_by_strangers(
    clock: time_machine.Traveller, browser: Browser, other_browser: Browser, alice: User
) -> None:
    """The email and the second step were proven in this browser."""
    fail(other_browser, alice)
    browser.post("/password/forgot/", {"email": alice.email})
    mail = OutboxMessage.objects.get(channel="email").body
    browser.post(re.search(r"http://testserver(/password/reset/\S+)", mail)[1])
    browser.post("/login/verify/", {"code": code(alice.factors.get().target)})
    browser.post("/password/new/", {"new_password1": NEW, "new_password2": NEW})
    fail(other_browser, alice)
    assert other_browser.password(alice, NEW).status_code == 429
    assert browser.password(alice, NEW).url == "/login/verify/"


def test_lockout_page_shows_end_and_alternatives(
    clock: time_machine.Traveller, other_browser: Browser, alice: User
) -> None:
    """LG-02: relative words in a <time>."""
    fail(other_browser, alice)
    page = other_browser.password(alice, WRONG).content.decode()
    assert '<time datetime="2026-03-02T12:00:30+0000">less than a minute</time>' in page
    assert "you may be able to log in there now" in page
