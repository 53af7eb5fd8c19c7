"""States of the pages of one's own account, and of those that help people without their phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, RecoveryCode
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
    """Alice has made recovery codes, before she logged in."""
    give_codes(alice)


@pytest.fixture
def signed_in(visit: Visit, browser: Browser, alice: User) -> Visitor:
    browser.log_in(alice)
    return visit().take_over(browser)


@pytest.fixture
def dan(db: None) -> User:
    """Has only a password, and nothing more is asked."""
    return make_user("dan@example.org", full_name="Dan")


@pytest.fixture
def unguarded(visit: Visit, browser: Browser, dan: User) -> Visitor:
    browser.password(dan)
    return visit().take_over(browser)


# Confirming who is there


def test_confirming_with_the_password(unguarded: Visitor, dan: User) -> None:
    forget_proofs(dan)
    unguarded.open("/me/password/")
    look(unguarded, "Confirm that it is you")
    unguarded.write("Password", "not the password")
    unguarded.press("Continue")
    unguarded.reads("That is not your password.", role="alert")
    look(unguarded, "Confirm that it is you")


def test_confirming_with_a_code(signed_in: Visitor, alice: User) -> None:
    forget_proofs(alice)
    signed_in.open("/me/password/")
    signed_in.press("Send Verification Code")
    look(signed_in, "Confirm with a code")


# Security, activity, recovery codes


@pytest.mark.usefixtures("saved")
def test_security_with_factors_in_every_state(
    signed_in: Visitor, other_browser: Browser, alice: User
) -> None:
    other_browser.log_in(alice)
    app = give_app(alice)
    give_app(alice, name="Lost tablet")
    alice.factors.filter(name="Lost tablet").update(suspended_at=timezone.now())
    worn_out = give_phone(alice, "+447700900209")
    alice.factors.filter(pk=worn_out.pk).update(disabled_at=timezone.now())
    signed_in.open("/me/security/")
    signed_in.reads("You reported it lost")
    signed_in.reads("Switched off after a hundred wrong codes")
    expect(signed_in.button("Log out everywhere else")).to_be_visible()
    look(signed_in, "Security")
    signed_in.open(SUSPEND.format(app.pk))
    look(signed_in, "Report it lost")
    signed_in.open(REMOVE.format(app.pk))
    expect(signed_in.button("Remove")).to_be_visible()
    look(signed_in, "Remove it")


def test_security_after_the_only_phone_was_lost(signed_in: Visitor, alice: User) -> None:
    signed_in.open(SUSPEND.format(alice.factors.get().pk))
    signed_in.reads("It is your only verification method")
    signed_in.press("Turn it off now")
    signed_in.reads("It is turned off, and you are logged out everywhere", role="status")
    look(signed_in, "Log in")


def test_what_was_not_me_where_only_a_password_protects(unguarded: Visitor, dan: User) -> None:
    unguarded.open("/me/security/")
    unguarded.reads("your password alone opens your account")
    look(unguarded, "Security")
    unguarded.open(f"/me/activity/{AuditEvent.objects.filter(user=dan).latest('pk').pk}/")
    unguarded.reads("Change your password now.")
    look(unguarded, "This was not me")


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


def test_how_one_logs_in_by_an_app(signed_in: Visitor, alice: User) -> None:
    give_app(alice)
    alice.factors.update(doubtful_since=timezone.now())
    signed_in.open("/me/")
    signed_in.reads("Texts to this number have failed several times.")
    look(signed_in, "My Details")


# Forms that were filled in wrongly


@pytest.mark.parametrize(
    ("path", "heading", "button", "problem"),
    [
        ("/me/", "My Details", "Save", "Use letters, digits"),
        ("/me/email/", "Change email", "Send the link", "Enter your email."),
        ("/me/password/", "Change password", "Save", "Enter your present password."),
        ("/me/phone/", "Change your phone number", "Send Verification Code", "Enter your mobile"),
    ],
)
def test_a_form_of_ones_own(
    signed_in: Visitor, path: str, heading: str, button: str, problem: str
) -> None:
    signed_in.open(path)
    if path == "/me/":
        signed_in.write("Username", "a b")
    signed_in.page.get_by_role("main").get_by_role("button", name=button).first.click()
    signed_in.reads(problem, role="alert")
    look(signed_in, heading)


def test_a_new_app_with_a_wrong_code(signed_in: Visitor) -> None:
    signed_in.open("/me/security/app/")
    signed_in.press("Show the QR code")
    signed_in.give_code("000000")
    signed_in.reads("That is not the code of this app.", role="alert")
    look(signed_in, "Add an authenticator app")


@pytest.mark.parametrize(
    ("station", "path", "heading"),
    [
        ("resetting", "/password/new/", "Enter your new password"),
        ("expired", "/me/password/renew/", "Choose a new password now"),
    ],
)
def test_a_new_password_that_is_too_short(
    request: pytest.FixtureRequest, visit: Visit, station: str, path: str, heading: str
) -> None:
    visitor = visit().take_over(request.getfixturevalue(station))
    visitor.open(path)
    visitor.write("New password", "too short")
    visitor.write("New password again", "too short")
    visitor.press("Save")
    visitor.reads("too short", role="alert")
    look(visitor, heading)


# Links in mails


@pytest.mark.parametrize("page", ["/me/email/", "/password/reset/"])
def test_a_dead_link(visit: Visit, alice: User, page: str) -> None:
    visitor = visit()
    visitor.expects("status of 410")
    visitor.open(page + "/".join(DEAD_LINK) + "/")
    look(visitor, "This link does not work")


@pytest.mark.parametrize("page", ["/me/email/", "/password/reset/"])
def test_a_cut_link(visit: Visit, alice: User, page: str) -> None:
    visitor = visit()
    visitor.expects("status of 404")
    visitor.open(f"{page}MQ/1vOab/")
    look(visitor, "This link is incomplete")


def test_an_administrators_link_to_set_a_password(visit: Visit, office: Browser, dan: User) -> None:
    action = {"action": "send_link", "_selected_action": str(dan.pk)}
    office.post("/admin/accounts/user/", action)
    uid, token = mailed_link()
    visitor = visit()
    visitor.open(f"/password/reset/{uid}/{token}/")
    look(visitor, "Set your password")


# Without the phone


@pytest.mark.parametrize("resting", [False, True])
def test_help_where_no_second_step_is_left(
    visit: Visit, browser: Browser, alice: User, policy: AccountPolicy, *, resting: bool
) -> None:
    """The page says whether that passes by itself."""
    policy.email_codes = "off"
    policy.texts_rest_since = timezone.now() if resting else None
    policy.save()
    alice.factors.update(disabled_at=None if resting else timezone.now())
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/verify/")
    visitor.reads("try again in a few minutes" if resting else "no second step can be used")
    expect(visitor.page.locator(".reference")).to_be_visible()
    look(visitor, "Help with logging in")


@pytest.mark.usefixtures("saved")
def test_the_ways_of_a_phone_that_sent_stop(visit: Visit, browser: Browser, alice: User) -> None:
    alice.factors.update(refuses_until=timezone.now() + timedelta(days=1))
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/choose/")
    visitor.reads("Your phone refuses our texts")
    look(visitor, "Choose another way")


def test_the_code_page_that_refuses_another_text(
    visit: Visit, browser: Browser, alice: User
) -> None:
    """M11, with a number that texts often miss."""
    alice.factors.update(doubtful_since=timezone.now())
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.expects("status of 429")
    visitor.open("/login/verify/")
    # Past the button, which waits where there is script.
    visitor.page.locator("[data-resend]").evaluate("form => form.submit()")
    visitor.reads("You have asked for several codes.", role="alert")
    look(visitor, "Enter your login code")


def test_the_mailbox_in_place_of_a_phone(visit: Visit, browser: Browser, alice: User) -> None:
    browser.password(alice)
    visitor = visit().take_over(browser)
    visitor.open("/login/verify/")
    visitor.press("I no longer have this phone")
    visitor.press("Send code to email")
    visitor.give_code("12")
    visitor.reads("That is too short", role="alert")
    look(visitor, "Set up a new second step")
    visitor.press("I have my phone after all")
    visitor.at("Enter your login code")
