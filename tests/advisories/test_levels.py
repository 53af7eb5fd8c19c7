"""A page's required level applies however the login began (X4, Keycloak CVE-2026-133228).

There it was not applied if the login began with a reset.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import TestCase

from accounts.models import User
from accounts.people import resets
from mfa.audit import NOWHERE
from mfa.models import Factor, SitePolicy
from tests.architecture.addresses import PORTAL
from tests.portal_client import PASSWORD, Browser, code
from tests.stations import PHONE, mailed_link

NEW_PASSWORD, NEW_NUMBER = "another long enough one", "+447700900250"
FORM = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
VERIFY = "/login/verify/"


def confirms(page: HttpResponse) -> bool:
    return page.headers.get("Location", "").startswith("/me/confirm/?")


def answer(browser: Browser, user: User) -> str:
    target = user.factors.usable().get(kind="phone").target
    return browser.post(VERIFY, {"code": code(target)}).url


def by_mail(browser: Browser, user: User, password: str, to: str) -> str:
    browser.password(user, password, next=to)
    browser.post("/login/verify/email/")
    return browser.post(VERIFY, {"code": code(user.email)}).url


def from_login(browser: Browser, user: User, to: str) -> str:
    return by_mail(browser, user, PASSWORD, to)


def from_reset(browser: Browser, user: User, to: str) -> str:
    browser.post("/password/forgot/", {"email": user.email})
    return from_link(browser, user, to)


def from_set_password_link(browser: Browser, user: User, to: str) -> str:
    with TestCase.captureOnCommitCallbacks(execute=True):
        resets.send(user, client=NOWHERE, by=user.pk)
    return from_link(browser, user, to)


def from_link(browser: Browser, user: User, to: str) -> str:
    uid, token = mailed_link()
    browser.get("/login/", {"next": to})
    browser.post(f"/password/reset/{uid}/{token}/?next={to}", {"next": to})
    answer(browser, user)
    browser.post(f"/password/new/?next={to}", {**FORM, "next": to})
    assert not browser.signed_in
    return by_mail(browser, user, NEW_PASSWORD, to)


def from_recovery(browser: Browser, user: User, to: str) -> str:
    Factor.objects.filter(user=user).update(status="disabled")
    browser.password(user, next=to)
    browser.post("/login/mailbox/")
    browser.post("/login/mailbox/", {"code": code(user.email)})
    browser.post(PHONE, {"phone": NEW_NUMBER})
    browser.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    assert not browser.signed_in
    return by_mail(browser, user, PASSWORD, to)


def from_continue(browser: Browser, user: User, to: str) -> str:
    """MFA is off just while the login ends."""
    browser.password(user, next=to)
    SitePolicy.objects.update(enabled=False)
    led = browser.post("/login/continue/").url
    SitePolicy.objects.update(enabled=True)
    return led


BEGINNINGS: list[Callable[[Browser, User, str], str]] = [
    from_login,
    from_reset,
    from_set_password_link,
    from_recovery,
    from_continue,
]
# An emailed code can replace the phone (EM-03). Any fresh proof can report it lost (RV-07) and
# renew a password that a person must renew.
WEAKER = {
    "mfa:change_phone",
    "mfa:change_phone_resend",
    "mfa:suspend_factor",
    "accounts:renew",
}


@pytest.fixture
def asking(other_browser: Browser, alice: User, clock: time_machine.Traveller) -> set[str]:
    """Return every URL that requires a factor from a login of 15 minutes ago."""
    other_browser.log_in(alice)
    clock.shift(timedelta(minutes=15))
    pages = [each.path for each in PORTAL if each.name not in WEAKER]
    found = {path for path in pages if confirms(other_browser.get(path))}
    assert {"/me/password/", "/me/email/", "/me/security/app/", "/me/security/codes/"} <= found
    return found


@pytest.mark.parametrize("begin", BEGINNINGS)
def test_login_without_factor_needs_one_for_next_page(
    browser: Browser, alice: User, asking: set[str], begin: Callable[[Browser, User, str], str]
) -> None:
    """X4: each of these logins ends with an emailed code or without a code."""
    assert begin(browser, alice, "/me/email/") == "/me/email/"
    assert browser.session["mfa_about"]["aal"] == 1
    assert {path: confirms(browser.get(path)) for path in asking} == dict.fromkeys(asking, True)
    assert {path: confirms(browser.post(path, FORM)) for path in asking} == dict.fromkeys(
        asking, True
    )


def test_login_by_text_needs_nothing_more(browser: Browser, alice: User, asking: set[str]) -> None:
    """Proves that the test above can fail."""
    browser.log_in(alice)
    assert not any(confirms(browser.get(path)) for path in asking)


def test_admin_requires_factor_from_login_without_one(browser: Browser, root: User) -> None:
    """X4: MFA was off for a moment. Staff can still need it."""
    from_continue(browser, root, "/admin/")
    asked = browser.get("/admin/")
    assert asked.status_code == 302
    assert asked.url.startswith(("/me/confirm/?", "/admin/login/?"))
