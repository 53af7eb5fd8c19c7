"""How people get in without their phone: by themselves, and with an administrator's help."""

import pytest

from accounts.models import User
from mfa.models import Pause
from tests.browser.visitor import Visitor
from tests.portal_client import Browser, code

pytestmark = pytest.mark.browser

NEW_NUMBER = "+447700900250"


@pytest.fixture
def administrator(visitor: Visitor, browser: Browser, root: User) -> Visitor:
    browser.log_in(root)
    return visitor.take_over(browser)


def test_without_the_phone_a_mailed_code_opens_the_way_to_a_new_one(
    visitor: Visitor, alice: User
) -> None:
    """EM-03, C17."""
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.press("I no longer have this phone")
    visitor.at("Set up a new second step")
    visitor.press("Send code to email")
    visitor.reads("We emailed a code to a…@example.org.", role="status")
    visitor.give_code(code(alice.email))
    visitor.at("Update Phone Number")
    visitor.write("Mobile number", NEW_NUMBER)
    visitor.press("Send Verification Code")
    visitor.at("Enter the code")
    visitor.give_code(code(NEW_NUMBER))
    visitor.at("Log in")
    visitor.reads("Your number is confirmed.", role="status")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.give_code(code(NEW_NUMBER))
    visitor.at("Welcome, Alice")
    assert [factor.target for factor in alice.factors.usable()] == [NEW_NUMBER]


def test_staff_save_codes_before_they_enter(visitor: Visitor, browser: Browser, root: User) -> None:
    """LK-01."""
    root.factors.filter(kind="recovery_codes").delete()
    browser.log_in(root)
    visitor.take_over(browser).open("/login/enroll/done/")
    visitor.at("You need a way in without your phone")
    visitor.press("Show my recovery codes")
    visitor.at("Save your recovery codes")
    visitor.press("I have saved them: log in")
    visitor.at("Welcome, root@example.org")


def test_an_administrator_pauses_the_second_step_of_a_person(
    administrator: Visitor, alice: User
) -> None:
    """B15."""
    administrator.open(f"/admin/accounts/user/{alice.pk}/change/")
    administrator.follow("Pause MFA for this user")
    administrator.at("Pause MFA for this user")
    administrator.write("Reason", "lost phone, called back")
    administrator.write("Hours until it ends by itself", "2")
    administrator.press("Pause MFA")
    administrator.reads("The second step of this person is paused.")
    assert Pause.objects.get().reason == "lost phone, called back"
    assert Browser().password(alice).url == "/"


def test_an_administrator_writes_the_number_of_a_person(
    administrator: Visitor, alice: User
) -> None:
    """B16, K6."""
    administrator.open(f"/admin/accounts/user/{alice.pk}/change/")
    administrator.follow("Change the phone number")
    administrator.at("Change the phone number")
    administrator.reads("Codes go to the number ending 01 now.")
    administrator.write("Mobile number", NEW_NUMBER)
    administrator.write("Reason", "new phone, called back")
    administrator.press("Save")
    administrator.reads("The number is changed.")
    hers = Browser()
    hers.password(alice)
    hers.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert hers.signed_in
