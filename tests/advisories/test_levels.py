"""What a page asks holds however the login began (X4, Keycloak CVE-2026-133228).

There a page's minimum level was not applied when the login began at a reset.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import TestCase

from accounts import resets
from accounts.models import User
from mfa.audit import NOWHERE
from mfa.models import AccountPolicy, Factor
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
        resets.send(user, origin=NOWHERE, by=user.pk)
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
    Factor.objects.filter(user=user).update(disabled_at=user.date_joined)
    browser.password(user, next=to)
    browser.post("/login/mailbox/")
    browser.post("/login/mailbox/", {"code": code(user.email)})
    browser.post(PHONE, {"phone": NEW_NUMBER})
    browser.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    assert not browser.signed_in
    return by_mail(browser, user, PASSWORD, to)


def from_continue(browser: Browser, user: User, to: str) -> str:
    """MFA is off for the moment in which the login ends."""
    browser.password(user, next=to)
    AccountPolicy.objects.update(enabled=False)
    led = browser.post("/login/continue/").url
    AccountPolicy.objects.update(enabled=True)
    return led


BEGINNINGS: list[Callable[[Browser, User, str], str]] = [
    from_login,
    from_reset,
    from_set_password_link,
    from_recovery,
    from_continue,
]
# An emailed code may replace the phone (EM-03), and any proof reports it lost (RV-07).
WEAKER = {"mfa:change_phone", "mfa:change_phone_resend", "mfa:suspend_factor"}


@pytest.fixture
def asking(other_browser: Browser, alice: User, clock: time_machine.Traveller) -> set[str]:
    """Every address that asks a login of a quarter of an hour ago for a factor."""
    other_browser.log_in(alice)
    clock.shift(timedelta(minutes=15))
    pages = [each.path for each in PORTAL if each.name not in WEAKER]
    found = {path for path in pages if confirms(other_browser.get(path))}
    assert {"/me/password/", "/me/email/", "/me/security/app/", "/me/security/codes/"} <= found
    return found


@pytest.mark.parametrize("begin", BEGINNINGS)
def test_a_login_without_a_factor_is_asked_for_one_by_the_page_behind_next(
    browser: Browser, alice: User, asking: set[str], begin: Callable[[Browser, User, str], str]
) -> None:
    """X4: each of these logins ends with a code by email, or with none."""
    assert begin(browser, alice, "/me/email/") == "/me/email/"
    assert browser.session["mfa_about"]["aal"] == 1
    assert {path: confirms(browser.get(path)) for path in asking} == dict.fromkeys(asking, True)
    assert {path: confirms(browser.post(path, FORM)) for path in asking} == dict.fromkeys(
        asking, True
    )


def test_a_login_by_a_text_is_asked_for_nothing_more(
    browser: Browser, alice: User, asking: set[str]
) -> None:
    """The test above can fail."""
    browser.log_in(alice)
    assert not any(confirms(browser.get(path)) for path in asking)


def test_the_administration_asks_a_login_without_a_factor_for_one(
    browser: Browser, root: User
) -> None:
    """X4: MFA was off for a moment; staff may be bound even then."""
    from_continue(browser, root, "/admin/")
    asked = browser.get("/admin/")
    assert asked.status_code == 302
    assert asked.url.startswith(("/me/confirm/?", "/admin/login/?"))
