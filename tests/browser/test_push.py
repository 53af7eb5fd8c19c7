"""Approval on a phone with two browsers: one plays the computer, the other the phone."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from mfa.models import Factor, OutboxMessage
from tests.browser.conftest import PHONE, Visit
from tests.browser.inspection import look
from tests.browser.phone import PhoneOfTests
from tests.browser.visitor import Visitor
from tests.phones import KEY
from tests.portal_client import Browser
from tests.push_service import PushService

pytestmark = [pytest.mark.browser]


@pytest.fixture
def service(settings, live_server):
    with PushService() as running:
        settings.VAPID_PRIVATE_KEY = KEY
        settings.PUSH_TEST_ENDPOINTS = [running.origin]
        settings.BASE_URL = live_server.url
        yield running


def number_on(visitor: Visitor) -> str:
    return visitor.page.locator("[data-number]").inner_text()


def set_up(visit: Visit, browser: Browser, user: User, service: PushService) -> tuple:
    """Add a phone on the Security page, with both browsers."""
    browser.log_in(user)
    computer = visit().take_over(browser)
    computer.open("/me/security/")
    computer.follow("Add a phone that approves logins")
    look(computer, "Add a phone that approves logins")
    computer.press("Show the QR code")
    look(computer, "Add a phone that approves logins")
    code = computer.page.locator("[data-phone-code]").inner_text()
    phone = PhoneOfTests(visit(width=PHONE), service)
    phone.visitor.open("/approve/")
    look(phone.visitor, "Approve logins")
    phone.visitor.write("Code", code)
    phone.visitor.press("Continue")
    look(phone.visitor, "Set up this phone")
    phone.visitor.press("Allow notifications")
    phone.visitor.reads("We sent a test to this phone.")
    computer.reads("We sent a test to your phone.")
    look(computer, "Add a phone that approves logins")
    phone.deliver()
    phone.visitor.at("Test this phone")
    look(phone.visitor, "Test this phone")
    phone.visitor.write("Number", number_on(computer))
    phone.visitor.press("Approve")
    phone.visitor.reads("This phone works.")
    look(phone.visitor, "Test this phone")
    computer.reads("Your phone answered:")
    look(computer, "Add a phone that approves logins")
    computer.write("Name", "My phone")
    computer.press("Add this phone")
    computer.at("Security")
    computer.reads("Your phone is added.")
    return computer, phone


def begin(computer: Visitor, user: User) -> None:
    computer.context.clear_cookies()
    computer.open("/login/")
    computer.give_password(user)
    computer.at("Approve on your phone")


def test_phone_is_added_and_approves_a_login(
    visit: Visit, browser: Browser, alice: User, service: PushService
) -> None:
    """E08, push1, push7."""
    computer, phone = set_up(visit, browser, alice, service)
    OutboxMessage.objects.all().delete()
    begin(computer, alice)
    look(computer, "Approve on your phone")
    phone.visitor.open("/approve/")
    phone.visitor.at("Is this you?")
    phone.deliver()
    phone.visitor.at("Is this you?")
    shown = phone.notifications()
    assert [(each["tag"], each["actions"]) for each in shown] == [("login", 0)] * 2
    assert shown[-1]["body"] == "Someone is logging in to your account. Tap to see who."
    look(phone.visitor, "Is this you?")
    phone.visitor.write("Number", number_on(computer))
    opened = []
    computer.page.on("framenavigated", lambda frame: opened.append(frame.url))
    phone.visitor.press("Approve")
    expect(computer.page).to_have_url(f"{computer.home}/")
    assert opened == [f"{computer.home}/"], "the waiting page was loaded again"
    phone.visitor.reads("You approved the login.")
    assert not OutboxMessage.objects.filter(channel="sms").exists()
    assert Factor.objects.get(kind="push").last_used_at is not None


def test_key_of_the_phone_cannot_be_exported(
    visit: Visit, browser: Browser, alice: User, service: PushService
) -> None:
    """PU-03."""
    _computer, phone = set_up(visit, browser, alice, service)
    exported = phone.visitor.page.evaluate(
        """async () => {
            const opening = indexedDB.open("portal-phone", 1);
            await new Promise((wake) => { opening.onsuccess = wake; });
            const store = opening.result.transaction("keys").objectStore("keys");
            const reading = store.getAll();
            await new Promise((wake) => { reading.onsuccess = wake; });
            const [key] = reading.result;
            const tried = await crypto.subtle.exportKey("pkcs8", key).catch(({ name }) => name);
            return [reading.result.length, key.type, key.extractable, tried];
        }"""
    )
    assert exported == [1, "private", False, "InvalidAccessError"]


def test_this_is_not_me_refuses_and_warns(
    visit: Visit, browser: Browser, alice: User, service: PushService
) -> None:
    """M14."""
    computer, phone = set_up(visit, browser, alice, service)
    begin(computer, alice)
    phone.visitor.open("/approve/")
    phone.visitor.at("Is this you?")
    phone.visitor.press("This is not me")
    phone.visitor.reads("You refused the login.")
    look(phone.visitor, "Is this you?")
    computer.reads("The request was refused on your phone.")
    look(computer, "Approve on your phone")
    phone.visitor.follow("Tell us that this wasn't you")
    phone.visitor.at("Log in")


def test_computer_without_script_continues_by_button(
    visit: Visit, browser: Browser, alice: User, service: PushService
) -> None:
    _computer, phone = set_up(visit, browser, alice, service)
    plain = visit(script=False)
    begin(plain, alice)
    phone.visitor.open("/approve/")
    phone.visitor.write("Number", number_on(plain))
    plain.press("Continue")
    plain.at("Approve on your phone")
    phone.visitor.press("Approve")
    phone.visitor.reads("You approved the login.")
    plain.press("Continue")
    expect(plain.page).to_have_url(f"{plain.home}/")


def test_wrong_number_is_explained_on_both(
    visit: Visit, browser: Browser, alice: User, service: PushService
) -> None:
    computer, phone = set_up(visit, browser, alice, service)
    begin(computer, alice)
    phone.visitor.open("/approve/")
    phone.visitor.press("Approve")
    phone.visitor.reads("Type the two digits that the login page shows.")
    number = int(number_on(computer))
    phone.visitor.write("Number", str((number - 9) % 90 + 10))
    phone.visitor.press("Approve")
    phone.visitor.reads("That is not the number on the login page")
    computer.reads("The number typed on your phone was wrong.")
    look(computer, "Approve on your phone")
    computer.press("Send again")
    phone.deliver()
    phone.visitor.open("/approve/")
    phone.visitor.write("Number", number_on(computer))
    phone.visitor.press("Approve")
    expect(computer.page).to_have_url(f"{computer.home}/")


def test_visit_subscribes_again_after_change_of_keys(
    visit: Visit, browser: Browser, alice: User, service: PushService, settings
) -> None:
    """push4."""
    computer, phone = set_up(visit, browser, alice, service)
    settings.VAPID_PRIVATE_KEY = "A" * 42 + "E"
    with phone.visitor.page.expect_response("**/approve/subscription/") as answer:
        phone.visitor.open("/approve/")
    assert answer.value.status == 204
    begin(computer, alice)
    phone.deliver()
    phone.visitor.at("Is this you?")
