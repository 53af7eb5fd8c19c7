"""LG-05: a right password opens only the pages of the login."""

import itertools

import pytest
from django.urls import reverse

from accounts.models import User
from tests.advisories.trial import undone
from tests.architecture.addresses import ADDRESSES
from tests.portal_client import Browser
from tests.stations import CUT

FLOW = {
    "accounts:login",
    "accounts:logout",
    "accounts:forgot",
    "accounts:link_sent",
    "accounts:register",
    "accounts:register_code",
    "accounts:new_password",
    "mfa:enroll",
    "mfa:enroll_app",
    "mfa:enroll_passkey",
    "mfa:enroll_passkey_options",
    "mfa:passkey",
    "mfa:enroll_push",
    "mfa:push",
    "mfa:push_again",
    "mfa:push_status",
    "mfa:new_phone_status",
    "mfa:passkey_options",
    "mfa:enroll_phone",
    "mfa:enroll_email",
    "mfa:enroll_verify",
    "mfa:enroll_done",
    "mfa:skip",
    "mfa:status",
    "mfa:verify",
    "mfa:recovery_code",
    "mfa:mailbox",
    "mfa:lost",
    "mfa:recover",
    "mfa:one_time_pass",
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
    "accounts:change_password",
    "portal:theme_css",
    "accounts:login_by_passkey",
    "accounts:login_by_passkey_options",
    "portal:theme",
    # Nothing is left before the login.
    "mfa:time_left",
    "demo:phone",
    "mfa:approvals",
    "mfa:approve_manifest",
    "mfa:approve_worker",
    "admin:login",
    "admin:logout",
    *PROBES,
}
LOGIN = reverse("accounts:login")
# They need a signature instead of a login: Twilio's, ours in emailed links, or a phone's.
SIGNED = {
    "mfa:receipt",
    "mfa:approve",
    "mfa:pair",
    "mfa:renew_phone",
    "accounts:confirm_email",
    "accounts:confirm_warning",
    "accounts:invitation",
    "accounts:report",
    "accounts:reset",
    "accounts:stop_recovery",
    "accounts:confirm_pass",
    "accounts:confirm_recovery_email",
    *CUT,
}
# Open to everyone if the organization wants it; the same view as accounts:register
OF_PLACE = {"accounts:register_at"}
OPENED = FLOW | HARMLESS | SIGNED | OF_PLACE
CLOSED = [address for address in ADDRESSES if address.name not in OPENED]


def test_protected_pages_redirect_pending_login(asked: Browser) -> None:
    methods = ("get", "head", "post", "put")
    paths = [each.path for each in CLOSED]
    led = {
        (method, path): getattr(asked, method)(path).headers.get("Location", "")
        for method in methods
        for path in paths
    }
    # The admin's login page redirects to the portal's.
    assert {
        how: where
        for how, where in led.items()
        if where.removeprefix("/admin") != f"{LOGIN}?next={how[1]}"
    } == {}
    assert not asked.signed_in


def test_login_pages_do_not_log_in_pending_login(asked: Browser) -> None:
    opened = []
    for name, method in itertools.product(sorted(FLOW | HARMLESS), ("get", "post")):
        with undone(asked) as twin:
            getattr(twin, method)(reverse(name))
            opened += [(name, method)] if opens_anything(twin) else []
    assert opened == []


def opens_anything(browser: Browser) -> bool:
    return browser.signed_in or browser.get("/me/").status_code != 302


def test_login_pages_add_no_factor_and_no_login_before_first_number(
    enrolling: Browser, bob: User
) -> None:
    """EN-01."""
    opened = []
    for name, method in itertools.product(sorted(FLOW | HARMLESS), ("get", "post")):
        with undone(enrolling) as twin:
            getattr(twin, method)(reverse(name))
            opened += [(name, method)] if twin.signed_in or bob.factors.exists() else []
    assert opened == []


@pytest.mark.parametrize(
    "name", ["enroll_phone", "enroll_verify", "enroll_done", "continue", "choose"]
)
def test_person_with_phone_cannot_skip_to_other_login_pages(asked: Browser, name: str) -> None:
    """EN-02, EN-06: the password is never enough to enroll a second phone."""
    response = asked.post(reverse(f"mfa:{name}"), {"phone": "+447700900299", "code": "123456"})
    assert not asked.signed_in
    assert response.status_code in {200, 302}
    assert User.objects.get(email="alice@example.org").factors.get().target == "+447700900201"


@pytest.mark.parametrize("name", ["verify", "send_to_email", "choose", "enroll_done", "continue"])
def test_person_without_phone_is_redirected_to_enrollment(enrolling: Browser, name: str) -> None:
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
def test_login_pages_without_password_redirect_to_start(
    browser: Browser, name: str, method: str
) -> None:
    response = getattr(browser, method)(reverse(f"mfa:{name}"), {"code": "123456"})
    assert response.url == LOGIN


def test_deleted_person_is_redirected_to_start(asked: Browser, alice: User) -> None:
    alice.delete()
    assert asked.get("/login/verify/").url == LOGIN


def test_person_disabled_during_login_is_redirected_to_start(asked: Browser, alice: User) -> None:
    """SS-05."""
    User.objects.filter(pk=alice.pk).update(is_active=False)
    response = asked.post("/login/verify/", {"code": "123456"})
    assert response.url.startswith(f"{LOGIN}?notice=ended")
    assert not asked.signed_in
