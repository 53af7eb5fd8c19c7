"""What people do with their own account, each by pointer, without script and by keyboard alone."""

import re

import pytest
from playwright.sync_api import Locator, expect

from accounts.models import User
from tests.authenticator import give_app, shows, typed_in
from tests.browser.visitor import Visitor
from tests.portal_client import Browser, code, codes
from tests.stations import mailed_link

pytestmark = pytest.mark.browser

ALICES = "+447700900201"
NEW_EMAIL = "alice@new.example"
NEW_PASSWORD = "another long enough one"


@pytest.fixture
def alices(visitor: Visitor, browser: Browser, alice: User) -> Visitor:
    """Alice, who has just logged in by a text."""
    browser.log_in(alice)
    return visitor.take_over(browser)


def set_up_app(visitor: Visitor, *, name: str) -> bytes:
    """Scan nothing, type the key: the page works without a camera. Return the app's secret."""
    visitor.press("Show the QR code")
    expect(visitor.page.get_by_role("img", name=re.compile("^QR code"))).to_be_visible()
    secret = typed_in(visitor.page.locator("[data-secret]").inner_text())
    visitor.write("Code", shows(secret))
    visitor.write("Name", name)
    visitor.press("Verify Code")
    return secret


def row(visitor: Visitor, name: str) -> Locator:
    """What the security page says about one factor or session."""
    heading = visitor.page.get_by_role("heading", level=3, name=name)
    return visitor.page.get_by_role("listitem").filter(has=heading)


def test_an_app_is_added_and_asked_at_the_next_login(alices: Visitor, alice: User) -> None:
    """E04, E09, EN-03."""
    alices.open("/me/")
    alices.follow("Add an authenticator app")
    alices.at("Add an authenticator app")
    secret = set_up_app(alices, name="Work phone")
    alices.at("My Details")
    alices.reads("Your app is set up.", role="status")
    alices.log_out()
    alices.give_password(alice)
    alices.at("Enter your login code")
    alices.reads("Work phone")
    alices.give_code(shows(secret, later=1))
    alices.at("Welcome, Alice")
    assert len(codes(ALICES)) == 1


def test_beside_an_app_a_text_is_a_button_away(visitor: Visitor, alice: User) -> None:
    """E09."""
    give_app(alice)
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    assert not codes(ALICES)
    visitor.press("Send me a text instead")
    visitor.reads("We texted a code to the number ending 01.", role="status")
    visitor.give_code(code(ALICES))
    visitor.at("Welcome, Alice")


def test_an_app_may_be_the_first_second_step(visitor: Visitor, bob: User) -> None:
    """E04, PS-01."""
    visitor.open("/login/")
    visitor.give_password(bob)
    visitor.at("Update Phone Number")
    visitor.follow("Set up another way")
    visitor.at("Choose your second step")
    visitor.follow("Authenticator app (recommended)")
    visitor.at("Set up an authenticator app")
    secret = set_up_app(visitor, name="My phone")
    visitor.at("Log in")
    visitor.reads("Your app is set up. Log in once more to continue.", role="status")
    visitor.give_password(bob)
    visitor.at("Enter your login code")
    visitor.give_code(shows(secret, later=1))
    visitor.at("Welcome, Bob")


def test_the_email_is_changed_by_a_link_to_the_new_mailbox(alices: Visitor, alice: User) -> None:
    alices.expects("status of 410")
    alices.open("/me/")
    alices.follow("Change email")
    alices.at("Change email")
    alices.write("New email", NEW_EMAIL)
    alices.press("Send the link")
    alices.at("My Details")
    alices.reads(f"We sent a link to {NEW_EMAIL}.", role="status")
    uid, token = mailed_link()
    alices.open(f"/me/email/{uid}/{token}/")
    alices.at("Confirm your new email")
    alices.press("Confirm")
    alices.at("My Details")
    alices.reads("Your new email is confirmed.", role="status")
    alices.log_out()
    alice.refresh_from_db()
    assert alice.email == NEW_EMAIL
    alices.give_password(alice)
    alices.at("Enter your login code")
    alices.give_code(code(ALICES))
    alices.at("Welcome, Alice")
    alices.open(f"/me/email/{uid}/{token}/")
    alices.at("This link does not work")


def test_a_lost_phone_is_switched_off(alices: Visitor, alice: User) -> None:
    """RV-07: the app goes on logging in."""
    give_app(alice)
    alices.open("/")
    alices.open_menu("Your account")
    alices.hands.press(alices.page.get_by_role("banner").get_by_role("link", name="Security"))
    alices.at("Security")
    alices.follow("Report it lost (number ending 01)")
    alices.at("Report it lost")
    alices.press("Turn it off now")
    alices.at("Security")
    alices.reads("It is turned off", role="status")
    expect(row(alices, "Number ending 01")).to_contain_text("You reported it lost")
    assert [factor.kind for factor in alice.factors.usable()] == ["app"]


def test_one_of_two_factors_is_removed_and_the_other_stays(alices: Visitor, alice: User) -> None:
    give_app(alice)
    alices.open("/me/security/")
    alices.follow("Remove it (number ending 01)")
    alices.at("Remove it")
    alices.press("Remove")
    alices.at("Security")
    alices.reads("It is removed", role="status")
    expect(row(alices, "Number ending 01")).to_have_count(0)
    expect(row(alices, "Work phone")).to_contain_text("your only way through the second step")
    expect(alices.link("Remove it (Work phone)")).to_have_count(0)


def test_another_browser_is_logged_out(
    alices: Visitor, other_browser: Browser, alice: User
) -> None:
    """SS-07."""
    other_browser.log_in(alice)
    alices.open("/me/security/")
    alices.hands.press(alices.page.get_by_role("button", name=re.compile("^Log out there")))
    alices.reads("nobody is logged in there any more", role="status")
    assert other_browser.get("/me/").status_code == 302


def test_what_was_not_me_ends_in_a_new_password(alices: Visitor, alice: User) -> None:
    """PW-06: everybody is out; the person gets back by the code, and chooses another password."""
    alices.open("/me/activity/")
    alices.hands.press(alices.page.get_by_role("link", name=re.compile("^This was not me")).first)
    alices.at("This was not me")
    alices.press("Log out everywhere and ask for a new password")
    alices.at("Log in")
    alices.reads("You are logged out everywhere.", role="status")
    alices.give_password(alice)
    alices.at("Enter your login code")
    alices.give_code(code(ALICES))
    alices.at("Choose a new password now")
    alices.write("New password", NEW_PASSWORD)
    alices.write("New password again", NEW_PASSWORD)
    alices.press("Save")
    alices.at("My Details")
    alices.reads("Your password has been changed.", role="status")
    alice.refresh_from_db()
    assert alice.check_password(NEW_PASSWORD)
