"""LG-05: a right password alone opens the pages of the login and nothing else."""

import pytest
from django.urls import reverse

from accounts.models import User
from tests.architecture.addresses import ADDRESSES, Address
from tests.portal_client import Browser

FLOW = {
    "accounts:login",
    "accounts:logout",
    "mfa:enroll_phone",
    "mfa:enroll_verify",
    "mfa:enroll_done",
    "mfa:skip",
    "mfa:verify",
    "mfa:resend",
    "mfa:send_to_email",
    "mfa:choose",
    "mfa:continue",
    "mfa:cancel",
    "mfa:help",
}
HARMLESS = {"portal:theme_css", "portal:theme", "demo:phone", "admin:login"}
LOGIN = reverse("accounts:login")
CLOSED = [address for address in ADDRESSES if address.name not in FLOW | HARMLESS]


@pytest.mark.parametrize("method", ["get", "head", "post", "put"])
@pytest.mark.parametrize("address", CLOSED, ids=str)
def test_a_page_behind_the_login_leads_to_the_login(
    asked: Browser, address: Address, method: str
) -> None:
    path = address.path
    response = getattr(asked, method)(path)
    assert response.status_code == 302
    # The admin's own login page is a redirect to the portal's.
    assert response.url.removeprefix("/admin") == f"{LOGIN}?next={path}"
    assert not asked.signed_in


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_no_address_logs_in_the_half_signed_in(
    asked: Browser, address: Address, method: str
) -> None:
    getattr(asked, method)(address.path)
    assert not asked.signed_in
    assert asked.get("/me/").status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_no_address_logs_in_or_saves_a_factor_before_the_first_number(
    enrolling: Browser, bob: User, address: Address, method: str
) -> None:
    getattr(enrolling, method)(address.path)
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
    ["enroll_phone", "enroll_verify", "enroll_done", "skip", "verify", "resend", "send_to_email"]
    + ["choose", "continue", "cancel"],
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
