"""The offer to stay logged in: before an idle login ends, at its last moment, and after it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from accounts.models import User
from mfa.models import Session
from mfa.session_engine import ABOUT
from tests.browser.conftest import PHONE, Visit
from tests.browser.hands import HAS_FOCUS, Keyboard
from tests.browser.inspection import problems_of
from tests.browser.visitor import Visitor
from tests.portal_client import Browser

pytestmark = pytest.mark.browser

OFFER = "Stay logged in?"
FINAL = "You'll be logged out soon"
OVER = "You've been logged out"
IDLE, STAFF_IDLE = 30 * 60, 15 * 60


def limit(browser: Browser, **seconds: int) -> None:
    """Give a login another idle timeout or another longest life."""
    session = browser.session
    session[ABOUT] = {**session[ABOUT], **seconds}
    session.save()


def rest(seconds: int, idle: int = IDLE) -> None:
    """Let all logins end in so many seconds, as if nobody had done anything since."""
    ends = timezone.now() + timedelta(seconds=seconds)
    Session.objects.update(seen_at=ends - timedelta(seconds=idle), expire_date=ends)


def faults(visitor: Visitor, *, own: bool = True) -> list[str]:
    """Return what is wrong with a page. A dialog covers its headings."""
    return [fault for fault in problems_of(visitor.page, own=own) if ": over " not in fault]


def dialog(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("alertdialog", name=name)


def leave(visitor: Visitor, path: str = "/me/", *, left: int = 100) -> None:
    """Open a page and do nothing until the login has a few seconds left."""
    visitor.page.clock.install()
    visitor.open(path)
    rest(left)
    visitor.page.clock.fast_forward((IDLE - 119) * 1000)


@pytest.fixture
def signed_in(visit: Visit, browser: Browser, alice: User) -> Visitor:
    browser.log_in(alice)
    return visit(hands=Keyboard(), width=PHONE).take_over(browser)


def test_short_idle_timeout_can_be_extended_repeatedly(
    signed_in: Visitor, browser: Browser
) -> None:
    """WCAG 2.2, 2.2.1, by the real clock: the dialog comes two minutes before the end."""
    limit(browser, idle=123)
    signed_in.open("/me/")
    for _ in range(3):
        expect(dialog(signed_in, OFFER)).to_be_visible()
        assert Session.objects.get().expire_date - timezone.now() > timedelta(seconds=110)
        # The first button has the focus, so Enter stays.
        signed_in.page.keyboard.press("Enter")
        expect(dialog(signed_in, OFFER)).to_be_hidden()
    signed_in.at("My Details")


def test_dialog_shows_time_left_and_traps_focus(signed_in: Visitor) -> None:
    leave(signed_in)
    offer = dialog(signed_in, OFFER)
    expect(offer).to_have_accessible_description(
        "You haven't used the portal for a while. You'll be logged out in about 2 minutes."
    )
    assert faults(signed_in) == []
    stay, log_out = signed_in.button("Stay logged in"), offer.get_by_role("button", name="Log out")
    expect(stay).to_be_focused()
    inside = "node => node.closest('dialog') !== null || document.activeElement === document.body"
    for _ in range(6):
        signed_in.page.keyboard.press("Tab")
        assert signed_in.page.locator(":focus, body:not(:has(:focus))").first.evaluate(inside)
    log_out.focus()
    assert log_out.evaluate(HAS_FOCUS)
    signed_in.page.keyboard.press("Escape")
    expect(offer).to_be_hidden()
    assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=29)


def test_dialog_logs_out(signed_in: Visitor) -> None:
    leave(signed_in)
    offer = dialog(signed_in, OFFER)
    offer.get_by_role("button", name="Log out").press("Enter")
    signed_in.at("Log in")
    assert not Session.objects.logged_in(timezone.now()).exists()


def test_activity_in_another_tab_closes_dialog(signed_in: Visitor) -> None:
    leave(signed_in)
    expect(dialog(signed_in, OFFER)).to_be_visible()
    other = signed_in.context.new_page()
    other.goto(f"{signed_in.home}/me/security/")
    signed_in.page.bring_to_front()
    signed_in.page.clock.fast_forward(16_000)
    expect(dialog(signed_in, OFFER)).to_be_hidden()


def test_activity_in_one_tab_delays_dialog_in_others(signed_in: Visitor) -> None:
    """The time left is asked before anything is shown."""
    signed_in.page.clock.install()
    signed_in.open("/me/")
    with signed_in.page.expect_response("**/me/session/"):
        signed_in.page.clock.fast_forward((IDLE - 119) * 1000)
    expect(dialog(signed_in, OFFER)).to_be_hidden()


def test_open_dialog_does_not_extend_session(signed_in: Visitor) -> None:
    """S23: an unattended computer is logged out however often the page asks."""
    leave(signed_in)
    before = Session.objects.get().expire_date
    for _ in range(3):
        with signed_in.page.expect_response("**/me/session/"):
            signed_in.page.clock.fast_forward(16_000)
    assert Session.objects.get().expire_date == before


def test_dialog_shows_maximum_session_and_does_not_extend_it(
    signed_in: Visitor, browser: Browser
) -> None:
    started = timezone.now() - timedelta(hours=12) + timedelta(seconds=100)
    limit(browser, started_at=started.isoformat())
    signed_in.open("/me/")
    final = dialog(signed_in, FINAL)
    signed_in.reads("You can stay logged in for at most 12 hours", role="alertdialog")
    assert faults(signed_in) == []
    expect(signed_in.button("Stay logged in")).to_be_hidden()
    signed_in.page.keyboard.press("Enter")
    expect(final).to_be_hidden()
    signed_in.at("My Details")


@pytest.mark.parametrize("path", ["/me/activity/?page=1", "/me/phone/"])
def test_ended_session_hides_the_page_and_leads_back_to_it(
    signed_in: Visitor, alice: User, path: str
) -> None:
    leave(signed_in, path, left=60)
    expect(dialog(signed_in, OFFER)).to_be_visible()
    rest(0)
    signed_in.page.clock.fast_forward(16_000)
    expect(dialog(signed_in, OVER)).to_be_visible()
    backdrop = "getComputedStyle(document.querySelector('dialog'), '::backdrop').backgroundColor"
    assert "rgba" not in signed_in.page.evaluate(backdrop)
    signed_in.page.keyboard.press("Enter")
    signed_in.reads("Your session has ended.", role="status")
    assert "next=" in signed_in.page.url
    signed_in.give_password(alice)
    signed_in.at("Enter your login code")


def test_next_click_without_script_leads_to_login_and_back(
    visit: Visit, browser: Browser, alice: User
) -> None:
    browser.log_in(alice)
    plain = visit(script=False).take_over(browser)
    plain.open("/me/activity/")
    expect(plain.page.locator("dialog")).to_be_hidden()
    rest(0)
    plain.open("/me/security/")
    plain.reads("Your session has ended.", role="status")
    assert plain.page.url.endswith("next=%2Fme%2Fsecurity%2F")


def test_dialog_appears_in_administration(visit: Visit, browser: Browser, root: User) -> None:
    browser.log_in(root)
    administrator = visit().take_over(browser)
    administrator.page.clock.install()
    administrator.open("/admin/accounts/user/add/")
    administrator.write("Full name", "Dora")
    rest(100, STAFF_IDLE)
    administrator.page.clock.fast_forward((STAFF_IDLE - 119) * 1000)
    expect(dialog(administrator, OFFER)).to_be_visible()
    assert faults(administrator, own=False) == []
    administrator.press("Stay logged in")
    expect(dialog(administrator, OFFER)).to_be_hidden()
    # What was typed is still there.
    expect(administrator.field("Full name")).to_have_value("Dora")
