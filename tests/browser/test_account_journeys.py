"""What people do with their account, each by pointer, without script, and by keyboard."""

import re

import pytest
from playwright.sync_api import Locator, expect

from accounts.models import User
from mfa.models import SitePolicy
from tests.authenticator import give_app, shows, typed_in
from tests.browser.visitor import Visitor
from tests.journeys.test_invited import invite
from tests.portal_client import Browser, code, codes
from tests.registration import ANN, clinic
from tests.stations import mailed_link

pytestmark = pytest.mark.browser

ALICES = "+447700900201"
DORAS = "+447546123456"
NEW_EMAIL = "alice@new.example"
NEW_PASSWORD = "another long enough one"


@pytest.fixture
def alices(visitor: Visitor, browser: Browser, alice: User) -> Visitor:
    """Alice, who just logged in by text."""
    browser.log_in(alice)
    return visitor.take_over(browser)


def set_up_app(visitor: Visitor, *, name: str) -> bytes:
    """Type the key of an app, because the page works without a camera. Return the secret."""
    visitor.press("Show the QR code")
    expect(visitor.page.get_by_role("img", name=re.compile("^QR code"))).to_be_visible()
    secret = typed_in(visitor.page.locator("[data-secret]").inner_text())
    visitor.write("Code", shows(secret))
    visitor.write("Name", name)
    visitor.press("Verify Code")
    return secret


def row(visitor: Visitor, name: str) -> Locator:
    """Return the text of the Security page about a factor or session."""
    heading = visitor.page.get_by_role("heading", level=3, name=name)
    return visitor.page.get_by_role("listitem").filter(has=heading)


def test_new_app_is_asked_at_next_login(alices: Visitor, alice: User) -> None:
    """E04, E09, EN-03."""
    alices.open("/me/security/")
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


def test_text_is_available_besides_app(visitor: Visitor, alice: User) -> None:
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


def test_app_can_be_first_factor(visitor: Visitor, bob: User) -> None:
    """E04, PS-01."""
    visitor.open("/login/")
    visitor.give_password(bob)
    visitor.at("Update Phone Number")
    visitor.follow("Set up another way")
    visitor.at("Set up two-step verification")
    visitor.follow("Authenticator app")
    visitor.at("Set up an authenticator app")
    secret = set_up_app(visitor, name="My phone")
    visitor.at("Log in")
    visitor.reads("Your app is set up. Log in again to continue.", role="status")
    visitor.give_password(bob)
    visitor.at("Enter your login code")
    visitor.give_code(shows(secret, later=1))
    visitor.at("Welcome, Bob")


def test_email_is_changed_by_link_to_new_address(alices: Visitor, alice: User) -> None:
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
    alices.at("Verify your new email")
    alices.press("Verify email")
    alices.at("My Details")
    alices.reads("Your new email is verified.", role="status")
    alices.log_out()
    alice.refresh_from_db()
    assert alice.email == NEW_EMAIL
    alices.give_password(alice)
    alices.at("Enter your login code")
    alices.give_code(code(ALICES))
    alices.at("Welcome, Alice")
    alices.open(f"/me/email/{uid}/{token}/")
    alices.at("This link does not work")


def test_lost_phone_is_turned_off(alices: Visitor, alice: User) -> None:
    """RV-07: the app still logs in."""
    give_app(alice)
    alices.open("/")
    alices.open_menu("Your account")
    alices.hands.press(alices.page.locator(".menu-end").get_by_role("link", name="Security"))
    alices.at("Security")
    alices.follow("Report lost (number ending 01)")
    alices.at("Report lost: number ending 01")
    alices.press("Turn it off now")
    alices.at("Security")
    alices.reads("The method you reported is turned off.", role="status")
    expect(row(alices, "Number ending 01")).to_contain_text("Reported lost.")
    assert [factor.kind for factor in alice.factors.usable()] == ["app"]


def test_one_of_two_factors_is_removed_and_the_other_stays(alices: Visitor, alice: User) -> None:
    give_app(alice)
    alices.open("/me/security/")
    alices.follow("Remove (number ending 01)")
    alices.at("Remove number ending 01")
    alices.press("Remove")
    alices.at("Security")
    alices.reads("The method is removed.", role="status")
    expect(row(alices, "Number ending 01")).to_have_count(0)
    expect(row(alices, "Work phone")).to_contain_text("your only verification method")
    expect(alices.link("Remove (Work phone)")).to_have_count(0)


def test_another_browser_is_logged_out(
    alices: Visitor, other_browser: Browser, alice: User
) -> None:
    """SS-07."""
    other_browser.log_in(alice)
    alices.open("/me/security/")
    alices.hands.press(alices.page.get_by_role("button", name=re.compile("^Log out this device")))
    alices.reads("You've been logged out on that device.", role="status")
    assert other_browser.get("/me/").status_code == 302


def test_not_me_leads_to_new_password(alices: Visitor, alice: User) -> None:
    """PW-06: all sessions end. The person gets a link, and confirms it with the phone."""
    alices.open("/me/activity/")
    alices.hands.press(alices.page.get_by_role("link", name=re.compile("^This wasn't me")).first)
    alices.at("This wasn't me")
    alices.press("Secure my account")
    alices.at("Your account is secured")
    alices.reads("Check your email.")
    uid, token = mailed_link()
    alices.open(f"/password/reset/{uid}/{token}/")
    alices.press("Continue")
    alices.at("Confirm that it's you")
    alices.give_code(code(ALICES))
    alices.at("Enter your new password")
    alices.write("New password", NEW_PASSWORD)
    alices.write("New password again", NEW_PASSWORD)
    alices.press("Save")
    alices.at("Log in")
    alice.refresh_from_db()
    assert alice.check_password(NEW_PASSWORD)


def test_invited_person_goes_straight_on_to_the_second_step(visitor: Visitor, root: User) -> None:
    """P07: seven pages, and no login before the phone is set up."""
    dora = User.objects.create_user("dora@example.org", None)
    visitor.open(invite(dora, root))
    visitor.at("Set your password")
    visitor.press("Continue")
    visitor.write("New password", NEW_PASSWORD)
    visitor.write("New password again", NEW_PASSWORD)
    visitor.press("Save")
    visitor.at("Update Phone Number")
    visitor.write("Mobile number", DORAS)
    visitor.press("Send Verification Code")
    visitor.at("Enter the code")
    visitor.give_code(code(DORAS))
    visitor.at("Log in")
    expect(visitor.field("Email")).to_have_value(dora.email)
    visitor.write("Password", NEW_PASSWORD)
    visitor.press("Login")
    visitor.at("Enter your login code")
    visitor.give_code(code(DORAS))
    visitor.at("Welcome, dora@example.org")


def test_patient_registers_and_proves_email_and_phone(visitor: Visitor, policy: SitePolicy) -> None:
    """C04 to C07: a landline is refused with the reason, and the rest stays as typed."""
    clinic(after_enrollment="continue")
    visitor.open("/register/maple-clinic/")
    visitor.at("Register at Maple Clinic")
    visitor.write("Full name", "Ann Archer")
    visitor.write("Email", ANN)
    visitor.write("Password", NEW_PASSWORD)
    visitor.write("Mobile number", "020 7946 0000")
    visitor.press("Register")
    expect(visitor.summary).to_contain_text("looks like a landline or special-rate number")
    expect(visitor.field("Email")).to_have_value(ANN)
    expect(visitor.field("Password")).to_have_value("")
    visitor.write("Password", NEW_PASSWORD)
    visitor.write("Mobile number", DORAS)
    visitor.press("Register")
    visitor.at("Check your email")
    visitor.reads(ANN)
    visitor.give_code(code(ANN))
    visitor.at("Update Phone Number")
    expect(visitor.field("Mobile number")).to_have_value("+44 7546 123456")
    visitor.press("Send Verification Code")
    visitor.at("Enter the code")
    visitor.give_code(code(DORAS))
    visitor.at("Welcome, Ann Archer")


def test_other_devices_are_named_before_they_are_logged_out(
    alices: Visitor, other_browser: Browser, alice: User
) -> None:
    """SS-07."""
    other_browser.log_in(alice)
    alices.open("/me/security/")
    alices.follow("Log out everywhere else")
    alices.at("Log out everywhere else")
    alices.reads("logged out on 1 other device")
    alices.press("Log out everywhere else")
    alices.reads("You've been logged out on all other devices.", role="status")
    assert other_browser.get("/me/").status_code == 302
