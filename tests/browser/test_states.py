"""Every state of the pages: mistakes, waits, refusals, errors, open menus."""

import re
from copy import copy
from datetime import timedelta

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.models.tiles import TileQuerySet
from mfa.models import AuditEvent, Event, SitePolicy
from tests.browser.conftest import DESKTOP, NARROW, Visit
from tests.browser.inspection import look, problems_of
from tests.browser.visitor import Visitor
from tests.conftest import make_user
from tests.portal_client import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def signed_in(visit: Visit, browser: Browser, alice: User) -> Visitor:
    browser.log_in(alice)
    return visit().take_over(browser)


@pytest.fixture
def half_signed_in(visit: Visit, browser: Browser, alice: User) -> Visitor:
    browser.password(alice)
    return visit().take_over(browser)


@pytest.fixture
def newcomer(visit: Visit, browser: Browser, bob: User) -> Visitor:
    browser.password(bob)
    return visit().take_over(browser)


@pytest.fixture
def administrator(visit: Visit, browser: Browser, root: User) -> Visitor:
    browser.log_in(root)
    return visit().take_over(browser)


def test_login_without_input(visit: Visit, policy: SitePolicy) -> None:
    visitor = visit()
    visitor.open("/login/")
    visitor.press("Login")
    visitor.reads("Enter your email.", role="alert")
    look(visitor, "Log in")


def test_login_during_lockout(visit: Visit, browser: Browser, alice: User) -> None:
    """M09."""
    for _ in range(10):
        browser.password(alice, "wrong")
    visitor = visit()
    visitor.expects("status of 429")
    visitor.open("/login/")
    visitor.give_password(alice)
    visitor.reads("Too many attempts.", role="alert")
    look(visitor, "Login locked for now")
    visitor.follow("Change your password")
    visitor.at("Forgot your password?")


def test_code_page_after_failure(half_signed_in: Visitor) -> None:
    half_signed_in.open("/login/verify/")
    half_signed_in.give_code("12")
    half_signed_in.reads("That code is too short", role="alert")
    look(half_signed_in, "Enter your login code")


def test_code_page_without_attempts_left(half_signed_in: Visitor, browser: Browser) -> None:
    for _ in range(5):
        browser.post("/login/verify/", {"code": "000000"})
    # As after the lockout of an unrecognized device, which has five attempts
    User.objects.update(wait_until=None)
    half_signed_in.open("/login/verify/")
    half_signed_in.reads("Your last code no longer works.", role="status")
    look(half_signed_in, "Enter your login code")


def test_help_during_wait(half_signed_in: Visitor, browser: Browser) -> None:
    for _ in range(2):
        for _ in range(5):
            browser.post("/login/verify/", {"code": "000000"})
        browser.post("/login/verify/email/")
    half_signed_in.expects("status of 429")
    half_signed_in.open("/login/verify/")
    half_signed_in.reads("Too many attempts.", role="alert")
    look(half_signed_in, "Login locked for now")


def test_number_doctor_page(newcomer: Visitor) -> None:
    newcomer.open("/login/enroll/phone/")
    newcomer.write("Mobile number", "+44 44 7546 123456")
    newcomer.press("Send Verification Code")
    newcomer.reads("Did you mean this number?")
    expect(newcomer.page).to_have_title(re.compile("^Error: "))
    look(newcomer, "Update Phone Number")


def test_first_number_without_texts(newcomer: Visitor, browser: Browser) -> None:
    """M10."""
    browser.post("/login/enroll/phone/", {"phone": "+447700900001"})
    newcomer.open("/login/enroll/verify/")
    newcomer.reads("The text could not be delivered", role="alert")
    look(newcomer, "Enter the code")


def test_enrollment_page_with_skip_button(newcomer: Visitor, policy: SitePolicy) -> None:
    policy.enforcement = "optional"
    policy.save()
    newcomer.open("/login/enroll/phone/")
    expect(newcomer.button("Skip for Now")).to_be_visible()
    look(newcomer, "Update Phone Number")


def test_home_without_a_phone(visit: Visit, db: None) -> None:
    make_user("dan@example.org")
    browser = Browser()
    browser.password(User.objects.get())
    visitor = visit().take_over(browser)
    visitor.open("/")
    look(visitor, "Welcome, dan@example.org")


@pytest.mark.parametrize("menu", ["Menu", "Your account"])
@pytest.mark.parametrize("width", [NARROW, DESKTOP])
def test_open_menu(signed_in: Visitor, menu: str, width: int) -> None:
    signed_in.page.set_viewport_size({"width": width, "height": 700})
    signed_in.open("/")
    signed_in.open_menu(menu)
    look(signed_in, "Welcome, Alice")


def test_activity_with_all_events(signed_in: Visitor, alice: User) -> None:
    """All kinds of events, on two pages."""
    kept = [AuditEvent(at=timezone.now(), event=event, user=alice) for event in Event]
    AuditEvent.objects.bulk_create([copy(event) for event in kept * 2])
    signed_in.open("/me/activity/")
    look(signed_in, "Activity")
    signed_in.open("/me/activity/?page=2")
    signed_in.reads("Page 2 of")
    look(signed_in, "Activity")


def test_virtual_phone_with_messages(half_signed_in: Visitor, browser: Browser) -> None:
    browser.post("/login/verify/email/")
    half_signed_in.open("/demo/phone/")
    expect(half_signed_in.page.locator("[data-code]")).to_have_count(2)
    look(half_signed_in, "The demo's phone and inbox")


# Refusals and errors


def test_page_not_found(visit: Visit, policy: SitePolicy) -> None:
    visitor = visit()
    visitor.expects("status of 404")
    visitor.open("/nowhere/")
    look(visitor, "We can't find that page")


def test_refused_method_and_upload(visit: Visit, policy: SitePolicy) -> None:
    visitor = visit()
    visitor.expects("status of 405", "status of 415")
    visitor.open("/logout/")
    look(visitor, "You can't open this page directly")
    visitor.open("/login/")
    visitor.page.locator("main form").evaluate("form => form.enctype = 'multipart/form-data'")
    visitor.press("Login")
    look(visitor, "You can't send files here")


def test_page_without_permission(signed_in: Visitor) -> None:
    signed_in.expects("status of 403")
    signed_in.open("/admin/")
    look(signed_in, "You don't have access to this page")


def test_form_without_its_cookie(visit: Visit, alice: User) -> None:
    visitor = visit()
    visitor.expects("status of 403")
    visitor.open("/login/")
    visitor.context.clear_cookies()
    visitor.give_password(alice)
    look(visitor, "This form has expired")


def test_new_number_during_lockout(signed_in: Visitor, browser: Browser, alice: User) -> None:
    """M09: on the page itself."""
    browser.post("/me/phone/", {"phone": "+447546123456"})
    User.objects.filter(pk=alice.pk).update(wait_until=timezone.now() + timedelta(minutes=15))
    signed_in.expects("status of 429")
    signed_in.open("/me/phone/verify/")
    signed_in.give_code("000000")
    signed_in.reads("Too many attempts. Try again in 14", role="alert")
    expect(signed_in.page).to_have_title(re.compile("^Error: "))
    look(signed_in, "Verify your new number")


def test_generic_refusal(visit: Visit, browser: Browser, alice: User) -> None:
    for number in range(20):
        browser.post("/password/forgot/", {"email": f"nobody{number}@example.org"})
    visitor = visit()
    visitor.expects("status of 429")
    visitor.open("/password/forgot/")
    visitor.write("Email", alice.email)
    visitor.press("Send the link")
    visitor.reads("Too many attempts.", role="alert")
    look(visitor, "Try again later")


@pytest.mark.parametrize(
    ("fault", "status", "heading"),
    [
        (SuspiciousOperation, 400, "We couldn't read that request"),
        (ZeroDivisionError, 500, "Something went wrong on our side"),
        (OperationalError, 503, "We'll be back in a minute"),
    ],
)
def test_server_error(
    signed_in: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    fault: type[Exception],
    status: int,
    heading: str,
) -> None:
    def fail(_tiles: TileQuerySet, _user: User) -> None:
        raise fault

    signed_in.expects(f"status of {status}")
    monkeypatch.setattr(TileQuerySet, "seen_by", fail)
    signed_in.open("/")
    look(signed_in, heading)


def test_staff_without_a_second_step(
    visit: Visit, browser: Browser, root: User, policy: SitePolicy
) -> None:
    """They logged in before MFA was enabled."""
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    browser.password(root)
    policy.enabled = True
    policy.save()
    visitor = visit().take_over(browser)
    visitor.open("/admin/")
    look(visitor, "Confirm that it's you")


def test_staff_who_never_had_a_factor(
    visit: Visit, browser: Browser, root: User, policy: SitePolicy
) -> None:
    root.factors.all().delete()
    User.objects.filter(pk=root.pk).update(ever_bound_at=None)
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    browser.password(root)
    policy.enabled = True
    policy.save()
    visitor = visit().take_over(browser)
    visitor.expects("status of 403")
    visitor.open("/admin/")
    look(visitor, "Log in again")


def test_test_message_with_wrong_code(administrator: Visitor) -> None:
    administrator.open("/admin/mfa/accountpolicy/test-message/")
    administrator.write("Mobile number", "+447546123456")
    administrator.press("Send test message")
    administrator.give_code("12")
    administrator.reads("That code is too short")
    assert problems_of(administrator.page, own=False) == []
    expect(administrator.page).to_have_title(re.compile("^Error: "))
