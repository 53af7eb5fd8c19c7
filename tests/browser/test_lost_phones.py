"""People who lost their phone and can't use email: the wait, its stop, and a one-time pass."""

import os
from pathlib import Path

import pytest

from accounts.models import User
from mfa.models import SitePolicy
from tests.browser.inspection import problems_of
from tests.browser.visitor import Visitor
from tests.lost_phone import NEW_PHONE, stop_link
from tests.one_time_passes import SHOWN, confirm_link, page_of
from tests.portal_client import Browser, code

pytestmark = pytest.mark.browser


def looks_right(visitor: Visitor, name: str) -> None:
    """Inspect the page; keep a picture where a person wants to see it."""
    assert problems_of(visitor.page) == []
    if folder := os.environ.get("PICTURES"):
        for width in (390, 1280):
            visitor.page.set_viewport_size({"width": width, "height": 844})
            visitor.page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def test_lost_phone_is_reported_in_four_views_and_stopped_by_its_owner(visit, alice: User) -> None:
    SitePolicy.note(email_codes="off")
    visitor, owner = visit(), visit()
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.open_menu("Not received a code")
    visitor.press("I no longer have this phone")
    visitor.at("I lost my phone")
    looks_right(visitor, "ask")
    visitor.press("Start the wait")
    visitor.at("Your request is waiting")
    looks_right(visitor, "waiting")
    link = stop_link(alice)
    owner.open(link)
    owner.at("Stop the request?")
    looks_right(owner, "stop")
    owner.press("This wasn't me")
    owner.at("Your account is secured")
    owner.open(link)
    owner.at("The request has ended")
    looks_right(owner, "ended")


def test_helper_gives_pass_that_sets_up_new_phone(
    visit, browser: Browser, root: User, alice: User
) -> None:
    desk, person = visit(), visit()
    browser.log_in(root)
    desk.take_over(browser).open(page_of(alice))
    desk.at("One-time pass")
    looks_right(desk, "desk")
    desk.press("Ask them by email")
    person.open(confirm_link(alice))
    person.at("Are you talking to support?")
    looks_right(person, "confirm")
    person.press("Yes, I am talking to root@example.org")
    person.at("Thank you")
    desk.open(page_of(alice))
    looks_right(desk, "confirmed")
    desk.write("Reason", "Lost the phone on a boat")
    desk.press("Make the pass")
    desk.reads("Tell the person this pass.", role="status")
    looks_right(desk, "pass")
    shown = SHOWN.search(desk.page.content())
    assert shown
    person.open("/login/")
    person.give_password(alice)
    person.at("Enter your login code")
    person.open("/login/help/")
    person.at("Help with logging in")
    looks_right(person, "help")
    person.follow("Use a one-time pass from support")
    person.at("Use a one-time pass")
    looks_right(person, "use")
    person.write("One-time pass", shown[0])
    person.press("Use the pass")
    person.at("Update Phone Number")
    person.write("Mobile number", NEW_PHONE)
    person.press("Send Verification Code")
    person.at("Enter the code")
    person.give_code(code(NEW_PHONE))
    person.at("Log in")
