"""The pages of recovery codes, apps and email recovery, with their states."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from mfa import factors
from mfa.audit import NOWHERE
from mfa.models import SitePolicy
from tests.authenticator import give_app, shows, typed_in
from tests.browser.conftest import Visit
from tests.browser.inspection import look
from tests.browser.visitor import Visitor
from tests.conftest import give_codes
from tests.portal_client import Browser, code

pytestmark = pytest.mark.browser

DONE = "/login/enroll/done/"


@pytest.fixture
def alone(visit: Visit, browser: Browser, root: User) -> Visitor:
    """A superuser with just a phone, after the right code."""
    root.factors.filter(kind="recovery_codes").delete()
    browser.log_in(root)
    return visit().take_over(browser)


def test_staff_must_save_recovery_codes_to_log_in(alone: Visitor) -> None:
    """LK-01."""
    alone.open(DONE)
    look(alone, "Save your recovery codes")
    alone.press("Show my recovery codes")
    look(alone, "Save your recovery codes")
    expect(alone.page.locator("[data-codes] li code")).to_have_count(10)
    expect(alone.button("Print")).to_be_visible()
    with alone.page.expect_download() as download:
        alone.press("Download")
    assert download.value.suggested_filename == "recovery-codes.txt"
    alone.press("I have saved them: log in")
    alone.at("Welcome, root@example.org")


def test_printed_sheet_has_only_what_leads_back(alone: Visitor) -> None:
    """Without script, by the browser's own menu, and dark on white whatever the theme."""
    alone.open(DONE)
    alone.press("Show my recovery codes")
    alone.page.emulate_media(media="print", color_scheme="dark")
    sheet = alone.page.locator(".sheet")
    assert "number ending 04" in sheet.inner_text()
    assert "For help: the help desk" in sheet.inner_text()
    assert "enter your password, then one of these codes" in sheet.inner_text()
    expect(sheet.locator("li code")).to_have_count(10)
    for outside in ("h1", ".topbar", ".footer"):
        expect(alone.page.locator(outside).first).to_be_hidden()
    expect(alone.button("Print")).to_be_hidden()
    assert alone.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"


def test_recovery_code_can_be_copied(alone: Visitor) -> None:
    alone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    alone.open(DONE)
    alone.press("Show my recovery codes")
    first = alone.page.locator("[data-codes] li code").first.inner_text()
    alone.press("Copy")
    expect(alone.page.locator("[data-said]")).to_have_text("Copied")
    about, codes = alone.page.evaluate("navigator.clipboard.readText()").split("\n\n")
    assert codes.startswith(f"{first}\n")
    assert about.splitlines()[0] == "Recovery codes for Acme Portal"
    assert about.splitlines()[2] == "Account: root@example.org"
    assert about.splitlines()[3].startswith("Made on ")


def test_page_that_takes_recovery_code(visit: Visit, browser: Browser, alice: User) -> None:
    codes = give_codes(alice)
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/verify/")
    visitor.open_menu("Not received a code")
    visitor.follow("Use a recovery code")
    look(visitor, "Use a recovery code")
    visitor.write("Recovery code", "0000-0000-00000")
    visitor.press("Verify Code")
    visitor.reads("That is not one of your recovery codes.", role="alert")
    look(visitor, "Use a recovery code")
    visitor.write("Recovery code", codes[0].lower().replace("-", " "))
    visitor.press("Verify Code")
    visitor.at("Welcome, Alice")


def test_own_recovery_codes_page(visit: Visit, browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    visitor = visit().take_over(browser)
    visitor.open("/me/security/codes/")
    look(visitor, "Recovery codes")
    visitor.press("Make recovery codes")
    look(visitor, "Recovery codes")


def test_first_app(visit: Visit, browser: Browser, bob: User) -> None:
    """E04, TO-01."""
    browser.password(bob)
    visitor = visit().take_over(browser)
    visitor.open("/login/enroll/phone/")
    visitor.follow("Set up another way")
    look(visitor, "Set up two-step verification")
    visitor.follow("Authenticator app")
    look(visitor, "Set up an authenticator app")
    visitor.press("Show the QR code")
    look(visitor, "Set up an authenticator app")
    drawn = visitor.page.locator("svg.qr path").last
    assert drawn.evaluate("path => getComputedStyle(path).strokeWidth") == "1px"
    visitor.give_code(shows(typed_in(visitor.page.locator("[data-secret]").inner_text())))
    visitor.at("Log in")


def test_page_to_add_another_app(visit: Visit, browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    visitor = visit().take_over(browser)
    visitor.open("/me/security/app/")
    visitor.press("Show the QR code")
    look(visitor, "Add an authenticator app")


def test_app_code_page(visit: Visit, browser: Browser, alice: User) -> None:
    give_app(alice)
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/verify/")
    look(visitor, "Enter your login code")
    visitor.press("Send me a text instead")
    visitor.reads(re.compile("We texted a code"))


def test_recovery_by_email(visit: Visit, browser: Browser, alice: User) -> None:
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/verify/")
    visitor.open_menu("Not received a code")
    visitor.press("I no longer have this phone")
    look(visitor, "Set up a new way to log in")
    visitor.press("Send code to email")
    look(visitor, "Set up a new way to log in")
    visitor.give_code(code(alice.email))
    look(visitor, "Update Phone Number")


def test_email_for_codes_from_setup_to_loss(
    visitor: Visitor, bob: User, policy: SitePolicy
) -> None:
    """D11-D13: the only method, a second address, a later login, and the way back in."""
    SitePolicy.note(methods=["email"], after_enrollment="finish")
    visitor.open("/login/")
    visitor.give_password(bob)
    visitor.at("Set up your email")
    visitor.write("Email", "bob@home.example")
    visitor.press("Send Verification Code")
    visitor.at("Enter the code")
    visitor.give_code(code("bob@home.example"))
    visitor.at("Your email is set up")
    visitor.press("Finish")
    visitor.at("Welcome, Bob")

    visitor.open("/me/security/")
    visitor.follow("Add an email for codes")
    visitor.at("Add an email for codes")
    visitor.write("Email", "bob@work.example")
    visitor.press("Send Verification Code")
    visitor.at("Verify your email")
    visitor.give_code(code("bob@work.example"))
    visitor.reads("Your email is added. You can log in with it.")
    visitor.at("Security")

    visitor.context.clear_cookies()
    visitor.open("/login/")
    visitor.give_password(bob)
    visitor.at("Enter your login code")
    visitor.open_menu("Not received a code")
    visitor.press("I can no longer read this email")
    visitor.at("Set up an email for codes")
    visitor.press("Send code to email")
    visitor.reads(re.compile("We emailed a code"))
    visitor.give_code(code(bob.email))
    visitor.at("Set up your email")


def test_choice_with_emails(visit: Visit, browser: Browser, alice: User) -> None:
    """A phone, an app and two emails; then the help page of someone with just an email."""
    SitePolicy.note(methods=["phone", "email", "app"])
    give_app(alice)
    for name in ("home", "work"):
        alice.refresh_from_db()
        factors.add_email(alice, f"alice@{name}.example", client=NOWHERE)
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/choose/")
    look(visitor, "Choose another way")
    visitor.field("Email to a…@home.example").check()
    visitor.press("Continue")
    visitor.reads(re.compile("We emailed a code"))
    visitor.open("/login/help/")
    look(visitor, "Help with logging in")
    visitor.reads("Lost or wrong email")
