"""Keyboard use besides the journeys: skip link, menus and focus."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import Visit
from tests.browser.hands import Keyboard
from tests.browser.test_fields import at_my_details, at_the_code_page
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    return visit(hands=Keyboard())


def test_first_tab_stop_is_skip_link(visitor: Visitor, alice: User) -> None:
    at_my_details(visitor, alice)
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("main")).to_be_focused()
    visitor.page.keyboard.press("Tab")
    expect(visitor.link("My Details")).to_be_focused()


def test_focus_is_on_error_summary(visitor: Visitor, alice: User) -> None:
    """The summary is first in main, and its link leads to the field."""
    at_the_code_page(visitor, alice).give_code("12")
    expect(visitor.summary).to_be_focused()
    expect(visitor.summary).to_have_accessible_name("There is a problem")
    first = visitor.page.locator("main > :first-child")
    expect(first).to_have_attribute("data-error-summary", "")
    visitor.follow("That code is too short. A code has six digits.")
    expect(visitor.field("Code")).to_be_focused()
    expect(visitor.field("Code")).to_have_attribute("aria-invalid", "true")


def test_error_summary_of_closed_code_links_to_new_code(visitor: Visitor, alice: User) -> None:
    """M22: five wrong codes close the question, so the link leads to the resend button."""
    at_the_code_page(visitor, alice)
    for left in ("4 attempts left", "3 attempts left", "2 attempts left", "1 attempt left"):
        visitor.give_code("000000")
        visitor.reads(left, role="alert")
    visitor.give_code("000000")
    visitor.follow("That was the fifth wrong code. Ask for a new one.")
    expect(visitor.button("Send a new code")).to_be_focused()


def test_wrong_password_links_to_first_field(visitor: Visitor, alice: User) -> None:
    visitor.open("/login/")
    visitor.write("Email", alice.email)
    visitor.write("Password", "wrong")
    visitor.press("Login")
    expect(visitor.summary).to_be_focused()
    expect(visitor.page).to_have_title(re.compile("^Error: Log in"))
    visitor.follow("That email and password do not match. Check both and try again.")
    expect(visitor.field("Email")).to_be_focused()


def test_menu_opens_and_escape_closes_it(visitor: Visitor, alice: User) -> None:
    at_my_details(visitor, alice)
    visitor.open_menu("Menu")
    panel = visitor.page.get_by_role("navigation", name="Main", exact=True)
    expect(panel).to_be_visible()
    visitor.page.keyboard.press("Tab")
    expect(panel.get_by_role("link", name="Home")).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(visitor.page.get_by_label("Menu", exact=True)).to_be_focused()


def test_tabbing_out_of_a_menu_closes_it(visitor: Visitor, alice: User) -> None:
    at_my_details(visitor, alice)
    visitor.open_menu("Your account")
    visitor.hands.reach(visitor.button("Log out"))
    visitor.page.keyboard.press("Tab")
    expect(visitor.button("Log out")).to_be_hidden()
