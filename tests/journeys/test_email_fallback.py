"""A25, A26, B10: email can replace a text beside a phone, and never for staff (EM-01)."""

import pytest

from accounts.models import User
from mfa.models import Challenge, OutboxMessage, SitePolicy
from tests.portal_client import Browser, code, codes

NUMBER = "+447700900201"
VERIFY = "/login/verify/"
EMAIL = "/login/verify/email/"


@pytest.fixture
def without_mail(settings) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}


def test_button_emails_one_code(asked: Browser, alice: User) -> None:
    """A25."""
    assert "Send code to email" in asked.get(VERIFY).content.decode()
    assert asked.post(EMAIL).url == VERIFY
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == alice.email
    assert len(codes(alice.email)) == 1


def test_emailed_code_logs_in_at_lower_level(asked: Browser, alice: User) -> None:
    """A25, B10, EM-01: email is not an authenticator."""
    asked.post(EMAIL)
    asked.post(VERIFY, {"code": code(alice.email)})
    assert asked.session["mfa_about"]["aal"] == 1
    assert asked.get("/me/").status_code == 200


def test_page_shows_only_first_letter_of_email(asked: Browser, alice: User) -> None:
    asked.post(EMAIL)
    page = asked.get(VERIFY).content.decode()
    assert "a…@example.org" in page
    assert alice.email not in page


def test_emailed_code_differs_from_texted_code(asked: Browser, alice: User) -> None:
    """OT-04: bound to the channel."""
    texted = code(NUMBER)
    asked.post(EMAIL)
    assert code(alice.email) != texted


def test_emailed_code_replaces_texted_code(asked: Browser) -> None:
    """M21, K20."""
    texted = code(NUMBER)
    asked.post(EMAIL)
    page = asked.post(VERIFY, {"code": texted}).content.decode()
    assert "That code was replaced." in page
    assert not asked.signed_in


def test_button_pressed_twice_sends_once(asked: Browser, alice: User) -> None:
    asked.post(EMAIL)
    asked.post(EMAIL)
    assert len(codes(alice.email)) == 1


def test_other_method_returns_to_phone(asked: Browser, alice: User) -> None:
    asked.post(EMAIL)
    page = asked.get("/login/choose/").content.decode()
    assert "Text to the number ending 01" in page
    assert "Email to a…@example.org" in page
    factor = alice.factors.get()
    assert asked.post("/login/choose/", {"route": f"sms-{factor.pk}"}).url == VERIFY
    asked.post(VERIFY, {"code": code(NUMBER)})
    assert asked.signed_in


@pytest.mark.usefixtures("without_mail")
def test_email_button_is_hidden_without_mail_server(asked: Browser, alice: User) -> None:
    """A26."""
    assert "Send code to email" not in asked.get(VERIFY).content.decode()
    assert "Email is not available right now." in asked.post(EMAIL).content.decode()
    assert not codes(alice.email)


def test_email_button_is_hidden_if_email_codes_are_off(
    asked: Browser, alice: User, policy: SitePolicy
) -> None:
    """EM-02."""
    policy.email_codes = "off"
    policy.save()
    assert "Send code to email" not in asked.get(VERIFY).content.decode()
    assert "Email is not available right now." in asked.post(EMAIL).content.decode()
    assert not codes(alice.email)


def test_staff_get_no_code_by_email(browser: Browser, root: User) -> None:
    """EM-01: their email must not open the admin."""
    browser.password(root)
    assert "Send code to email" not in browser.get(VERIFY).content.decode()
    browser.post(EMAIL)
    browser.post("/login/choose/", {"route": "email"})
    assert not codes(root.email)


def test_email_needs_a_phone_beside_it(enrolling: Browser, bob: User) -> None:
    """ASVS 6.4.3: email must not be enough for the whole account."""
    enrolling.post(EMAIL)
    enrolling.post("/login/choose/", {"route": "email"})
    assert not codes(bob.email)
    assert not enrolling.signed_in


def test_open_emailed_code_ends_with_policy_change(
    asked: Browser, alice: User, policy: SitePolicy
) -> None:
    """SS-10: the policy turns email off during the login."""
    asked.post(EMAIL)
    emailed = code(alice.email)
    policy.email_codes = "off"
    policy.save()
    asked.post(VERIFY, {"code": emailed})
    assert not asked.signed_in


def test_person_who_becomes_staff_during_login_needs_text(asked: Browser, alice: User) -> None:
    """EM-01."""
    asked.post(EMAIL)
    emailed = code(alice.email)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    asked.post(VERIFY, {"code": emailed})
    assert not asked.signed_in


@pytest.mark.parametrize("route", ["email-1", "sms", "sms-0", "push", "", "email\x00"])
def test_forged_route_is_refused(asked: Browser, route: str) -> None:
    response = asked.post("/login/choose/", {"route": route})
    assert response.status_code == 200
    assert Challenge.objects.count() == 1


def test_phone_of_another_person_is_refused(asked: Browser, charlie: User) -> None:
    """Charlie's phone must not get Alice's code, nor Alice's Charlie's."""
    theirs = charlie.factors.get()
    assert asked.post("/login/choose/", {"route": f"sms-{theirs.pk}"}).status_code == 200
    assert not codes(theirs.target)
