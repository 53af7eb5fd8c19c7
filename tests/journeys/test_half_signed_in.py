"""LG-05: a right password alone opens the pages of the login and nothing else."""

import pytest
from django.urls import reverse

from accounts.models import User
from tests.architecture.addresses import ADDRESSES
from tests.portal_client import Browser
from tests.stations import CUT, LEADS

FLOW = {
    "accounts:login",
    "accounts:logout",
    "accounts:forgot",
    "accounts:new_password",
    "mfa:enroll",
    "mfa:enroll_app",
    "mfa:enroll_phone",
    "mfa:enroll_verify",
    "mfa:enroll_done",
    "mfa:skip",
    "mfa:status",
    "mfa:verify",
    "mfa:recovery_code",
    "mfa:mailbox",
    "mfa:lost",
    "mfa:save_codes",
    "mfa:resend",
    "mfa:send_to_email",
    "mfa:choose",
    "mfa:continue",
    "mfa:cancel",
    "mfa:help",
}
PROBES = {"portal:healthz", "portal:readyz", "portal:metrics"}
HARMLESS = {
    *LEADS,
    "portal:theme_css",
    "portal:theme",
    "demo:phone",
    "admin:login",
    "admin:logout",
    *PROBES,
}
LOGIN = reverse("accounts:login")
# They ask for a signature instead of a login: Twilio's, and our own in the links of mails.
SIGNED = {
    "mfa:twilio_receipt",
    "accounts:confirm_email",
    "accounts:confirm_warning",
    "accounts:reset",
    *CUT,
}
CLOSED = [address for address in ADDRESSES if address.name not in FLOW | HARMLESS | SIGNED]


@pytest.mark.parametrize("method", ["get", "head", "post", "put"])
def test_every_page_behind_the_login_leads_to_the_login(asked: Browser, method: str) -> None:
    answers = {each.path: getattr(asked, method)(each.path) for each in CLOSED}
    # The admin's own login page is a redirect to the portal's.
    assert {
        path: page.headers["Location"].removeprefix("/admin") for path, page in answers.items()
    } == {path: f"{LOGIN}?next={path}" for path in answers}
    assert not asked.signed_in


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", sorted(FLOW | HARMLESS))
def test_no_page_of_the_login_logs_in_the_half_signed_in(
    asked: Browser, name: str, method: str
) -> None:
    getattr(asked, method)(reverse(name))
    assert not asked.signed_in
    assert asked.get("/me/").status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", sorted(FLOW | HARMLESS))
def test_no_page_of_the_login_logs_in_or_saves_a_factor_before_the_first_number(
    enrolling: Browser, bob: User, name: str, method: str
) -> None:
    """EN-01."""
    getattr(enrolling, method)(reverse(name))
    assert not enrolling.signed_in
    assert not bob.factors.exists()


@pytest.mark.parametrize(
    "name", ["enroll_phone", "enroll_verify", "enroll_done", "continue", "choose"]
)
def test_a_person_with_a_phone_cannot_jump_to_another_page_of_the_login(
    asked: Browser, name: str
) -> None:
    """EN-02, EN-06: the password alone never enrolls a second phone."""
    response = asked.post(reverse(f"mfa:{name}"), {"phone": "+447700900299", "code": "123456"})
    assert not asked.signed_in
    assert response.status_code in {200, 302}
    assert User.objects.get(email="alice@example.org").factors.get().target == "+447700900201"


@pytest.mark.parametrize("name", ["verify", "send_to_email", "choose", "enroll_done", "continue"])
def test_a_person_without_a_phone_is_led_back_to_its_page(enrolling: Browser, name: str) -> None:
    response = enrolling.post(reverse(f"mfa:{name}"), {"code": "123456", "route": "email"})
    assert response.url == "/login/enroll/phone/"
    assert not enrolling.signed_in


@pytest.mark.parametrize(
    "name",
    [
        "enroll_phone",
        "enroll_verify",
        "enroll_done",
        "skip",
        "verify",
        "resend",
        "send_to_email",
        "choose",
        "continue",
        "cancel",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_password_the_pages_of_the_login_lead_to_its_start(
    browser: Browser, name: str, method: str
) -> None:
    response = getattr(browser, method)(reverse(f"mfa:{name}"), {"code": "123456"})
    assert response.url == LOGIN


def test_a_deleted_person_is_led_to_the_start(asked: Browser, alice: User) -> None:
    alice.delete()
    assert asked.get("/login/verify/").url == LOGIN


def test_a_person_who_is_disabled_in_between_is_led_to_the_start(
    asked: Browser, alice: User
) -> None:
    """SS-05."""
    User.objects.filter(pk=alice.pk).update(is_active=False)
    response = asked.post("/login/verify/", {"code": "123456"})
    assert response.url.startswith(f"{LOGIN}?notice=ended")
    assert not asked.signed_in
