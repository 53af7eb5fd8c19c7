"""What browsers, password managers, keyboards and paste find in the fields."""

import re

import pytest
from playwright.sync_api import Locator, expect

from accounts.models import User
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.portal_client import PASSWORD, code, codes

pytestmark = pytest.mark.browser

ALICES = "+447700900201"
# Milliseconds between the clicks of a double click. The button is disabled by the second.
HASTE = (0, 30, 80, 200)


def paste(field: Locator, text: str) -> None:
    """Paste text into a field as the browser does, with all events."""
    field.focus()
    field.page.context.new_cdp_session(field.page).send("Input.insertText", {"text": text})


def at_the_code_page(visitor: Visitor, person: User) -> Visitor:
    visitor.open("/login/")
    visitor.give_password(person)
    visitor.at("Enter your login code")
    return visitor


def at_my_details(visitor: Visitor, person: User) -> Visitor:
    at_the_code_page(visitor, person).give_code(code(ALICES))
    visitor.at("Welcome, Alice")
    return visitor


def test_password_managers_recognize_login_fields(visit: Visit, bob: User) -> None:
    """B03, 1.3.5, PW-09."""
    visitor = visit()
    visitor.open("/login/")
    email, password = visitor.field("Email"), visitor.field("Password")
    expect(email).to_have_attribute("type", "email")
    expect(email).to_have_attribute("autocomplete", "username webauthn")
    expect(email).to_have_attribute("spellcheck", "false")
    expect(password).to_have_attribute("type", "password")
    expect(password).to_have_attribute("autocomplete", "current-password")
    paste(password, PASSWORD)
    expect(password).to_have_value(PASSWORD)


def test_password_can_be_shown(visit: Visit, bob: User) -> None:
    """PW-09: masked, with show and hide, and masked again when sent."""
    visitor = visit()
    visitor.open("/login/")
    visitor.write("Email", bob.email)
    visitor.write("Password", "not the password")
    visitor.press("Show Password")
    expect(visitor.field("Password")).to_have_attribute("type", "text")
    visitor.press("Hide Password")
    expect(visitor.field("Password")).to_have_attribute("type", "password")
    visitor.press("Show Password")
    visitor.press("Login")
    visitor.reads("That email and password do not match.", role="alert")
    expect(visitor.field("Password")).to_have_attribute("type", "password")
    expect(visitor.field("Password")).to_have_value("")
    expect(visitor.field("Email")).to_have_value(bob.email)


def test_password_managers_recognize_new_password_fields(visit: Visit, alice: User) -> None:
    """PW-09."""
    visitor = at_my_details(visit(), alice)
    visitor.open("/me/password/")
    kinds = {
        field.get_attribute("name"): field.get_attribute("autocomplete")
        for field in visitor.page.locator("input[type=password]").all()
    }
    assert kinds == {
        "old_password": "current-password",
        "new_password1": "new-password",
        "new_password2": "new-password",
    }
    expect(visitor.page.locator("[autocomplete=username]")).to_have_value(alice.email)
    expect(visitor.page.locator("input[type=password][maxlength]")).to_have_count(0)


def test_phone_field_autofills_own_number(visit: Visit, bob: User) -> None:
    visitor = visit()
    visitor.open("/login/")
    visitor.give_password(bob)
    visitor.at("Update Phone Number")
    phone = visitor.field("Mobile number")
    expect(phone).to_have_attribute("type", "tel")
    expect(phone).to_have_attribute("autocomplete", "tel")
    expect(phone).to_have_accessible_description(re.compile(re.escape("+44 7400 123456")))


def test_code_field_is_one_field_named_code(visit: Visit, alice: User) -> None:
    """B08, OT-11."""
    visitor = at_the_code_page(visit(), alice)
    field = visitor.page.locator("main input:visible")
    expect(field).to_have_count(1)
    expect(field).to_have_accessible_name("Code")
    expect(field).to_have_role("textbox")
    expect(field).to_have_attribute("autocomplete", "one-time-code")
    expect(field).to_have_attribute("inputmode", "numeric")
    expect(field).not_to_have_attribute("maxlength", re.compile(""))
    expect(field).to_be_focused()


@pytest.mark.parametrize("written", ["{0} {1}", " {0}-{1} ", "\u2068{0}\u00a0{1}\u2069"])
def test_code_can_be_pasted_as_it_was_written(visit: Visit, alice: User, written: str) -> None:
    """B08, OT-11, 3.3.8."""
    visitor = at_the_code_page(visit(), alice)
    right = code(ALICES)
    paste(visitor.field("Code"), written.format(right[:3], right[3:]))
    visitor.press("Verify Code")
    visitor.at("Welcome, Alice")


@pytest.mark.parametrize("haste", HASTE)
def test_double_click_logs_in_once(visit: Visit, alice: User, haste: int) -> None:
    visitor = at_the_code_page(visit(), alice)
    visitor.write("Code", code(ALICES))
    visitor.button("Verify Code").click(click_count=2, delay=haste)
    visitor.at("Welcome, Alice")
    expect(visitor.page).to_have_title(re.compile("^Home"))


def test_double_click_sends_one_text(visit: Visit, bob: User) -> None:
    visitor = visit()
    visitor.open("/login/")
    visitor.give_password(bob)
    visitor.at("Update Phone Number")
    visitor.write("Mobile number", ALICES)
    visitor.button("Send Verification Code").dblclick()
    visitor.at("Enter the code")
    assert len(codes(ALICES)) == 1


def test_double_click_on_login_sends_one_text(visit: Visit, alice: User) -> None:
    visitor = visit()
    visitor.open("/login/")
    visitor.write("Email", alice.email)
    visitor.write("Password", PASSWORD)
    visitor.button("Login").dblclick()
    visitor.at("Enter your login code")
    assert len(codes(ALICES)) == 1


def test_reloading_sends_no_second_text(visit: Visit, alice: User) -> None:
    """A19."""
    visitor = at_the_code_page(visit(), alice)
    visitor.page.reload()
    visitor.at("Enter your login code")
    assert len(codes(ALICES)) == 1
