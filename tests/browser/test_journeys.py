"""The main journeys, each by pointer, without script, and by keyboard."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from mfa.models import Challenge, OutboxMessage, Session, SitePolicy
from mfa.session_engine import ABOUT, SessionStore
from mfa.sessions.proofs import PROOFS
from tests.browser.conftest import Visit
from tests.browser.hands import Keyboard
from tests.browser.visitor import Visitor
from tests.conftest import make_user
from tests.portal_client import PASSWORD, code, codes
from tests.stations import mailed_link

pytestmark = pytest.mark.browser

BOBS = "+447546123456"
ALICES = "+447700900201"
NEW_PASSWORD = "another long enough one"
SIX_DIGITS = re.compile(r"\d{6}")


def another(right: str) -> str:
    """Return six digits that differ from these."""
    return f"{(int(right) + 1) % 1_000_000:06}"


def test_first_login_enrolls_and_later_ones_need_code(visitor: Visitor, bob: User) -> None:
    """A17-A25, B01-B11."""
    visitor.open("/me/")
    visitor.give_password(bob)
    visitor.at("Update Phone Number")
    assert not OutboxMessage.objects.exists()
    visitor.write("Mobile number", "07546 123456")
    visitor.press("Send Verification Code")

    visitor.at("Enter the code")
    visitor.reads("+44 7546 123456", role="status")
    first = code(BOBS)
    visitor.give_code(first)

    visitor.at("Log in")
    visitor.reads("Your number is verified. Log in again to continue.", role="status")
    expect(visitor.field("Email")).to_have_value(bob.email)
    visitor.give_password(bob)

    visitor.at("Enter your login code")
    second = code(BOBS)
    assert second != first
    visitor.give_code(second)
    visitor.at("My Details")
    visitor.log_out()

    visitor.give_password(bob)
    visitor.at("Enter your login code")
    visitor.press("Send code to email")
    visitor.reads("b…@example.org", role="status")
    visitor.give_code(code(bob.email))
    visitor.at("Welcome, Bob")
    assert len(codes(BOBS)) == 3
    assert len(codes(bob.email)) == 1


def test_optional_second_step_is_skipped_once(
    visitor: Visitor, bob: User, policy: SitePolicy
) -> None:
    """D14, D15."""
    policy.enforcement = "optional"
    policy.save()
    visitor.open("/login/")
    visitor.give_password(bob)
    visitor.at("Update Phone Number")
    visitor.press("Skip for Now")
    visitor.at("Welcome, Bob")
    visitor.log_out()
    visitor.give_password(bob)
    visitor.at("Welcome, Bob")


def test_wrong_code_is_explained_and_right_one_logs_in(visitor: Visitor, alice: User) -> None:
    """A20, M07."""
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    right = code(ALICES)
    visitor.give_code(another(right))
    visitor.reads("That is not the code we sent. 4 attempts left.", role="alert")
    expect(visitor.page).to_have_title(re.compile("^Error: Enter your login code"))
    expect(visitor.field("Code")).to_have_value("")
    expect(visitor.field("Code")).to_have_accessible_description(re.compile("4 attempts left"))
    visitor.give_code(right)
    visitor.at("Welcome, Alice")


def test_mistyped_number_is_fixed_by_button(visitor: Visitor, bob: User) -> None:
    """A22: the number doctor."""
    visitor.open("/login/")
    visitor.give_password(bob)
    visitor.at("Update Phone Number")
    visitor.write("Mobile number", "+44 44 7546 123456")
    visitor.press("Send Verification Code")
    visitor.reads("You entered the country code twice.", role="alert")
    expect(visitor.field("Mobile number")).to_have_value("+44 44 7546 123456")
    visitor.press("Use +44 7546 123456")
    visitor.at("Enter the code")
    assert len(codes(BOBS)) == 1


def test_landline_is_recognized(visitor: Visitor, bob: User) -> None:
    """M04."""
    visitor.open("/login/")
    visitor.give_password(bob)
    visitor.write("Mobile number", "020 7946 0000")
    visitor.press("Send Verification Code")
    visitor.reads("looks like a landline", role="alert")
    assert not OutboxMessage.objects.exists()


def test_other_method_is_chosen_from_list(visitor: Visitor, alice: User) -> None:
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.open_menu("Not received a code")
    visitor.follow("Try another way")
    visitor.at("Choose another way")
    visitor.hands.choose(visitor.page.get_by_role("group"), "Email to a…@example.org")
    visitor.press("Continue")
    visitor.at("Enter your login code")
    visitor.give_code(code(alice.email))
    visitor.at("Welcome, Alice")


def test_help_is_linked_and_links_back(visitor: Visitor, alice: User) -> None:
    """B13, B14."""
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.open_menu("Not received a code")
    visitor.follow("Get help")
    visitor.at("Help with logging in")
    visitor.reads("number ending 01")
    visitor.reads("The help desk")
    visitor.follow("Back to the code")
    visitor.at("Enter your login code")
    assert len(codes(ALICES)) == 1


def test_number_is_changed_from_my_details(visitor: Visitor, alice: User) -> None:
    """A27-A29, B11, B12."""
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.give_code(code(ALICES))
    visitor.at("Welcome, Alice")
    visitor.open_menu("Menu")
    panel = visitor.page.get_by_role("navigation", name="Main", exact=True)
    visitor.hands.press(panel.get_by_role("link", name="My Details"))
    visitor.at("My Details")
    visitor.reads("number ending 01")
    visitor.press("Update")
    visitor.at("Change your phone number")
    visitor.write("Mobile number", BOBS)
    visitor.press("Send Verification Code")

    visitor.at("Verify your new number")
    right = code(BOBS)
    visitor.give_code(another(right))
    visitor.reads("4 attempts left", role="alert")
    assert [factor.target for factor in alice.factors.usable()] == [ALICES]
    visitor.give_code(right)
    visitor.at("My Details")
    visitor.reads("Your new number is verified.", role="status")
    visitor.reads("number ending 56")
    assert [factor.target for factor in alice.factors.usable()] == [BOBS]
    told = OutboxMessage.objects.filter(target=ALICES).first()
    assert "no longer go to this number" in told.body
    assert not SIX_DIGITS.search(told.body)


def test_administrator_sets_up_texts_and_enables_mfa(visitor: Visitor, db: None) -> None:
    """A11-A16, A06."""
    admin = make_user("admin@example.org", is_staff=True, is_superuser=True)
    visitor.open("/admin/")
    visitor.give_password(admin)
    visitor.at("Administration")
    visitor.hands.press(visitor.link("Account Policy"))
    visitor.reads("MFA is off")
    visitor.write("SMS Account ID", "AC" + "0" * 32)
    visitor.write("SMS Authentication Token", "0" * 28 + "ab12")
    visitor.write("SMS Phone Number", "+1 500 555 0006")
    visitor.hands.tick(visitor.field("Enable Multi-factor authentication"))
    visitor.press("Save")
    visitor.reads("Your settings are saved, but MFA is not on yet", role="main")
    assert not SitePolicy.load().enabled

    visitor.hands.press(visitor.page.get_by_role("link", name="Send test message").first)
    visitor.at("Send test message")
    visitor.write("Mobile number", BOBS)
    visitor.press("Send test message")
    visitor.reads("Test message to the number ending 56", role="status")
    visitor.give_code(code(BOBS))
    visitor.reads("The test message arrived")
    visitor.at("Administration")
    visitor.press("Make recovery codes")
    visitor.at("Recovery codes")
    visitor.hands.press(visitor.link("I have saved them: continue setting up"))
    visitor.press("Enable MFA")
    visitor.reads("MFA is on for 1 person.")
    assert SitePolicy.load().enabled
    assert admin.factors.usable().get(kind="phone").target == BOBS


def test_back_button_after_logout_shows_nothing(visitor: Visitor, alice: User) -> None:
    visitor.open("/me/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.give_code(code(ALICES))
    visitor.at("My Details")
    visitor.log_out()
    visitor.page.go_back()
    visitor.at("Log in")


def test_back_button_after_login_is_safe(visitor: Visitor, alice: User) -> None:
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.give_code(code(ALICES))
    visitor.at("Welcome, Alice")
    visitor.page.go_back()
    visitor.at("Welcome, Alice")
    assert len(codes(ALICES)) == 1


def test_theme_change_keeps_page(visitor: Visitor, alice: User) -> None:
    visitor.open("/login/")
    visitor.press("Dark")
    expect(visitor.button("Dark")).to_have_attribute("aria-pressed", "true")
    expect(visitor.page.locator("html")).to_have_css("background-color", "rgb(14, 17, 23)")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.press("Light")
    expect(visitor.button("Light")).to_have_attribute("aria-pressed", "true")
    visitor.at("Enter your login code")
    expect(visitor.page.locator("html")).to_have_css("background-color", "rgb(245, 246, 249)")
    visitor.press("System")
    expect(visitor.page.locator("html")).not_to_have_attribute("data-theme", re.compile("."))
    assert len(codes(ALICES)) == 1


def test_resend_button_counts_down(visit: Visit, alice: User) -> None:
    """With script the button shows the wait, is disabled until then, and works afterwards."""
    visitor = visit(hands=Keyboard())
    visitor.page.clock.install()
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    again = visitor.button("Send again")
    expect(again).to_have_attribute("aria-disabled", "true")
    visitor.reads(re.compile(r"Available in (30|29|28) seconds"))
    visitor.press("Send again")
    expect(visitor.page).to_have_url(re.compile("/login/verify/$"))
    assert len(codes(ALICES)) == 1

    visitor.page.clock.fast_forward(31_000)
    visitor.reads("You can ask for another code now.", role="status")
    expect(again).not_to_have_attribute("aria-disabled", "true")
    Challenge.objects.update(resend_at=timezone.now())
    visitor.press("Send again")
    visitor.reads(re.compile(r"Available in (60|59|58|57) seconds"))
    first, second = codes(ALICES)
    assert first == second


def test_early_resend_without_script_shows_wait(visit: Visit, alice: User) -> None:
    visitor = visit(script=False)
    visitor.expects("status of 429")
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.press("Send again")
    visitor.reads("You've requested too many codes.", role="alert")
    assert len(codes(ALICES)) == 1
    Challenge.objects.update(resend_at=timezone.now())
    visitor.press("Send again")
    visitor.reads(re.compile("(60|5[0-9]) seconds"))
    assert len(codes(ALICES)) == 2


def test_code_can_be_entered_after_refused_resend(visit: Visit, alice: User) -> None:
    visitor = visit(script=False)
    visitor.expects("status of 429")
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.press("Send again")
    visitor.reads("You've requested too many codes.", role="alert")
    visitor.give_code(code(ALICES))
    visitor.at("Welcome, Alice")


def test_theme_can_be_changed_after_refused_resend(visit: Visit, alice: User) -> None:
    visitor = visit(script=False)
    visitor.expects("status of 429")
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.press("Send again")
    visitor.reads("You've requested too many codes.", role="alert")
    visitor.press("Dark")
    visitor.at("Enter your login code")


def test_virtual_phone_shows_code(visit: Visit, alice: User) -> None:
    """Two windows side by side, as in the demo: the text appears on its own."""
    phone, visitor = visit(width=390), visit()
    phone.open("/demo/phone/")
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    shown = phone.page.locator("[data-code]").first
    expect(shown).to_be_visible()
    visitor.give_code(shown.get_attribute("data-code"))
    visitor.at("Welcome, Alice")


def test_forgotten_password_is_reset_by_link_and_code(visitor: Visitor, alice: User) -> None:
    """RV-01 to RV-03."""
    visitor.expects("status of 410")
    visitor.open("/login/")
    visitor.follow("Forgot your password?")
    visitor.at("Forgot your password?")
    visitor.write("Email", alice.email)
    visitor.press("Send the link")
    visitor.at("Check your email")
    uid, token = mailed_link()
    visitor.open(f"/password/reset/{uid}/{token}/")
    visitor.press("Continue")
    visitor.at("Confirm that it's you")
    visitor.give_code(code(ALICES))
    visitor.at("Enter your new password")
    visitor.write("New password", NEW_PASSWORD)
    visitor.write("New password again", NEW_PASSWORD)
    visitor.press("Save")
    visitor.at("Log in")
    visitor.write("Password", NEW_PASSWORD)
    visitor.press("Login")
    visitor.at("Enter your login code")
    visitor.open(f"/password/reset/{uid}/{token}/")
    visitor.at("This link does not work")


def test_change_needs_step_up_after_ten_minutes(visitor: Visitor, alice: User) -> None:
    """SS-08: to the step-up and back, with a code."""
    visitor.open("/me/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.give_code(code(ALICES))
    visitor.at("My Details")
    forget_proofs(alice)
    visitor.open("/me/password/")
    visitor.at("Confirm that it's you")
    visitor.press("Send Verification Code")
    visitor.at("Verify with a code")
    visitor.give_code(code(ALICES))
    visitor.at("Change password")
    visitor.write("Current password", PASSWORD)
    visitor.write("New password", NEW_PASSWORD)
    visitor.write("New password again", NEW_PASSWORD)
    visitor.press("Save")
    visitor.at("My Details")
    visitor.reads("Your password has been changed.", role="status")


def forget_proofs(person: User) -> None:
    """Make the session older than its proofs are valid."""
    for row in Session.objects.filter(user=person):
        data = row.get_decoded()
        data[ABOUT][PROOFS] = {}
        row.session_data = SessionStore().encode(data)
        row.save(update_fields=["session_data"])


def test_recovery_code_replaces_phone(visitor: Visitor, alice: User) -> None:
    """LK-01: made after one login, used at the next."""
    visitor.open("/me/security/codes/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.give_code(code(ALICES))
    visitor.at("Recovery codes")
    visitor.press("Make recovery codes")
    visitor.reads("won't see them again")
    shown = visitor.page.get_by_role("main").locator("li code").first.inner_text()
    visitor.log_out()
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.open_menu("Not received a code")
    visitor.follow("Use a recovery code")
    visitor.at("Use a recovery code")
    visitor.write("Recovery code", shown)
    visitor.press("Verify Code")
    visitor.at("Welcome, Alice")
