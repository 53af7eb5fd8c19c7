"""States of the account pages, and of the pages for people without their phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from mfa.models import AuditEvent, RecoveryCode, SitePolicy
from tests.authenticator import give_app
from tests.browser.conftest import Visit
from tests.browser.inspection import look
from tests.browser.test_journeys import forget_proofs
from tests.browser.visitor import Visitor
from tests.conftest import give_codes, give_phone, make_user
from tests.portal_client import Browser
from tests.stations import DEAD_LINK, mailed_link

pytestmark = pytest.mark.browser

SUSPEND, REMOVE = "/me/security/factors/{}/suspend/", "/me/security/factors/{}/remove/"


@pytest.fixture
def saved(alice: User) -> None:
    """Alice, who made recovery codes before the login."""
    give_codes(alice)


@pytest.fixture
def signed_in(visit: Visit, browser: Browser, alice: User) -> Visitor:
    browser.log_in(alice)
    return visit().take_over(browser)


@pytest.fixture
def dan(db: None) -> User:
    """A person with just a password, who needs nothing more."""
    return make_user("dan@example.org", full_name="Dan")


@pytest.fixture
def unguarded(visit: Visit, browser: Browser, dan: User) -> Visitor:
    browser.password(dan)
    return visit().take_over(browser)


# Step-up


def test_confirming_with_the_password(unguarded: Visitor, dan: User) -> None:
    forget_proofs(dan)
    unguarded.open("/me/password/")
    look(unguarded, "Confirm that it's you")
    unguarded.write("Password", "not the password")
    unguarded.press("Continue")
    unguarded.reads("That is not your password.", role="alert")
    look(unguarded, "Confirm that it's you")


def test_confirming_with_a_code(signed_in: Visitor, alice: User) -> None:
    forget_proofs(alice)
    signed_in.open("/me/password/")
    signed_in.press("Send Verification Code")
    look(signed_in, "Verify with a code")


# Security, activity, recovery codes


@pytest.mark.usefixtures("saved")
def test_security_with_factors_in_every_state(
    signed_in: Visitor, other_browser: Browser, alice: User
) -> None:
    other_browser.log_in(alice)
    app = give_app(alice)
    give_app(alice, name="Lost tablet")
    alice.factors.filter(name="Lost tablet").update(status="suspended")
    worn_out = give_phone(alice, "+447700900209")
    alice.factors.filter(pk=worn_out.pk).update(status="disabled")
    signed_in.open("/me/security/")
    signed_in.reads("Reported lost.")
    signed_in.reads("Turned off after 100 wrong codes")
    expect(signed_in.link("Log out everywhere else")).to_be_visible()
    look(signed_in, "Security")
    signed_in.open(SUSPEND.format(app.pk))
    look(signed_in, "Report lost: Work phone")
    signed_in.open(REMOVE.format(app.pk))
    expect(signed_in.button("Remove")).to_be_visible()
    look(signed_in, "Remove Work phone")


def test_security_after_the_only_phone_was_lost(signed_in: Visitor, alice: User) -> None:
    signed_in.open(SUSPEND.format(alice.factors.get().pk))
    signed_in.reads("It's your only verification method")
    signed_in.press("Turn it off now")
    signed_in.reads("The method you reported is turned off", role="status")
    look(signed_in, "Log in")


def test_not_me_without_second_step(unguarded: Visitor, dan: User) -> None:
    unguarded.open("/me/security/")
    unguarded.reads("You log in with just your password.")
    look(unguarded, "Security")
    unguarded.open(f"/me/activity/{AuditEvent.objects.filter(user=dan).latest('pk').pk}/")
    unguarded.reads("We email you a link to choose a new one.")
    look(unguarded, "This wasn't me")


@pytest.mark.usefixtures("saved")
def test_few_recovery_codes(signed_in: Visitor) -> None:
    kept = RecoveryCode.objects.values_list("pk")[:2]
    RecoveryCode.objects.exclude(pk__in=kept).update(used_at=timezone.now())
    signed_in.open("/")
    signed_in.reads("You have 2 recovery codes left.", role="status")
    look(signed_in, "Welcome, Alice")
    signed_in.follow("Make new ones")
    signed_in.reads("Make new ones soon.")
    look(signed_in, "Recovery codes")


def test_home_of_person_with_app(signed_in: Visitor, alice: User) -> None:
    give_app(alice)
    alice.factors.update(doubtful_since=timezone.now())
    signed_in.open("/me/")
    signed_in.reads("Several texts to this number failed.")
    look(signed_in, "My Details")


# Invalid forms


@pytest.mark.parametrize(
    ("path", "heading", "button", "problem"),
    [
        ("/me/", "My Details", "Save", "Use plain text on one line."),
        ("/me/email/", "Change email", "Send the link", "Enter your email."),
        ("/me/password/", "Change password", "Save", "Enter your current password."),
        ("/me/phone/", "Change your phone number", "Send Verification Code", "Enter your mobile"),
    ],
)
def test_invalid_account_form(
    signed_in: Visitor, path: str, heading: str, button: str, problem: str
) -> None:
    signed_in.open(path)
    if path == "/me/":
        signed_in.write("Full name", "Alice\u202eevil")
    signed_in.page.get_by_role("main").get_by_role("button", name=button).first.click()
    signed_in.reads(problem, role="alert")
    look(signed_in, heading)


def test_new_app_with_wrong_code(signed_in: Visitor) -> None:
    signed_in.open("/me/security/app/")
    signed_in.press("Show the QR code")
    signed_in.give_code("000000")
    signed_in.reads("That is not the code this app shows.", role="alert")
    look(signed_in, "Add an authenticator app")


@pytest.mark.parametrize(
    ("station", "path", "heading"),
    [
        ("resetting", "/password/new/", "Enter your new password"),
        ("expired", "/me/password/renew/", "Choose a new password"),
    ],
)
def test_new_password_that_is_too_short(
    request: pytest.FixtureRequest, visit: Visit, station: str, path: str, heading: str
) -> None:
    visitor = visit().take_over(request.getfixturevalue(station))
    visitor.open(path)
    visitor.write("New password", "too short")
    visitor.write("New password again", "too short")
    visitor.press("Save")
    visitor.reads("too short", role="alert")
    look(visitor, heading)


# Links in emails


@pytest.mark.parametrize("page", ["/me/email/", "/password/reset/"])
def test_expired_link(visit: Visit, alice: User, page: str) -> None:
    visitor = visit()
    visitor.expects("status of 410")
    visitor.open(page + "/".join(DEAD_LINK) + "/")
    look(visitor, "This link does not work")


@pytest.mark.parametrize("page", ["/me/email/", "/password/reset/"])
def test_cut_link_page(visit: Visit, alice: User, page: str) -> None:
    visitor = visit()
    visitor.expects("status of 404")
    visitor.open(f"{page}MQ/1vOab/")
    look(visitor, "This link is incomplete")


def test_administrators_link_to_set_password(visit: Visit, office: Browser, dan: User) -> None:
    action = {"action": "send_link", "_selected_action": str(dan.pk), "post": "yes"}
    office.post("/admin/accounts/user/", action)
    uid, token = mailed_link()
    visitor = visit()
    visitor.open(f"/password/reset/{uid}/{token}/")
    look(visitor, "Set your password")


# Without the phone


@pytest.mark.parametrize("resting", [False, True])
def test_help_without_any_method_left(
    visit: Visit, browser: Browser, alice: User, policy: SitePolicy, *, resting: bool
) -> None:
    """The page says whether the problem is temporary."""
    policy.email_codes = "off"
    policy.save()
    policy.health.texts_rest_since = timezone.now() if resting else None
    policy.health.save()
    alice.factors.update(status="active" if resting else "disabled")
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/verify/")
    visitor.reads(
        "try again in a few minutes" if resting else "use any of your verification methods"
    )
    expect(visitor.page.locator(".reference")).to_be_visible()
    look(visitor, "Help with logging in")


@pytest.mark.usefixtures("saved")
def test_methods_of_phone_that_sent_stop(visit: Visit, browser: Browser, alice: User) -> None:
    alice.factors.update(refuses_until=timezone.now() + timedelta(days=1))
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/choose/")
    visitor.reads("Your phone blocks our texts")
    look(visitor, "Choose another way")


def test_code_page_refusing_another_text(visit: Visit, browser: Browser, alice: User) -> None:
    """M11, with a number that often misses texts."""
    alice.factors.update(doubtful_since=timezone.now())
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.expects("status of 429")
    visitor.open("/login/verify/")
    # Behind the button, which is disabled for a while with script.
    visitor.page.locator("[data-resend]").evaluate("form => form.submit()")
    visitor.reads("You've requested too many codes.", role="alert")
    look(visitor, "Enter your login code")


def test_email_recovery_page(visit: Visit, browser: Browser, alice: User) -> None:
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/verify/")
    visitor.open_menu("Not received a code")
    visitor.press("I no longer have this phone")
    visitor.press("Send code to email")
    visitor.give_code("12")
    visitor.reads("That code is too short", role="alert")
    look(visitor, "Set up a new way to log in")
    visitor.press("Back: I have my phone")
    visitor.at("Enter your login code")
