"""How people without their phone log in, by themselves and with an administrator's help."""

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


def test_emailed_code_allows_new_phone(visitor: Visitor, alice: User) -> None:
    """EM-03, C17."""
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.open_menu("Not received a code")
    visitor.press("I no longer have this phone")
    visitor.at("Set up a new way to log in")
    visitor.press("Send code to email")
    visitor.reads("We emailed a code to a…@example.org.", role="status")
    visitor.give_code(code(alice.email))
    visitor.at("Update Phone Number")
    visitor.write("Mobile number", NEW_NUMBER)
    visitor.press("Send Verification Code")
    visitor.at("Enter the code")
    visitor.give_code(code(NEW_NUMBER))
    visitor.at("Log in")
    visitor.reads("Your number is verified.", role="status")
    visitor.give_password(alice)
    visitor.at("Enter your login code")
    visitor.give_code(code(NEW_NUMBER))
    visitor.at("Welcome, Alice")
    assert [factor.target for factor in alice.factors.usable()] == [NEW_NUMBER]


def test_staff_must_save_recovery_codes_to_log_in(
    visitor: Visitor, browser: Browser, root: User
) -> None:
    """LK-01."""
    root.factors.filter(kind="recovery_codes").delete()
    browser.log_in(root)
    visitor.take_over(browser).open("/login/enroll/done/")
    visitor.at("Save your recovery codes")
    visitor.press("Show my recovery codes")
    visitor.at("Save your recovery codes")
    visitor.press("I have saved them: log in")
    visitor.at("Welcome, root@example.org")


def test_administrator_can_pause_second_step(administrator: Visitor, alice: User) -> None:
    """B15."""
    administrator.open(f"/support/people/{alice.pk}/")
    administrator.follow("Pause MFA for this user")
    administrator.at("Pause MFA for this user")
    administrator.write("Reason", "lost phone, called back")
    administrator.write("Length (hours)", "2")
    administrator.press("Pause MFA")
    administrator.reads("MFA is paused for this person.")
    assert Pause.objects.get().reason == "lost phone, called back"
    assert Browser().password(alice).url == "/"


def test_administrator_can_assign_number(administrator: Visitor, alice: User) -> None:
    """B16, K6."""
    administrator.open(f"/support/people/{alice.pk}/")
    administrator.follow("Change the phone number")
    administrator.at("Change the phone number")
    administrator.reads("Codes go to the number ending 01 now.")
    administrator.write("Mobile number", NEW_NUMBER)
    administrator.write("Reason", "new phone, called back")
    administrator.press("Save")
    administrator.reads("Number changed.")
    hers = Browser()
    hers.password(alice)
    hers.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert hers.signed_in
