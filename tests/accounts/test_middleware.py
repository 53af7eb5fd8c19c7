"""An expired password: no page opens before a new one is saved (PW-06)."""

from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse

from accounts.models import User
from accounts.people import passwords
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event, OutboxMessage, SitePolicy
from tests.architecture.addresses import ADDRESSES
from tests.portal_client import PASSWORD, Browser

NEW = "another long enough one"
RENEW = "/me/password/renew/"
# Public pages, or pages needed to leave
PUBLIC = {each.name for each in ADDRESSES if not getattr(each.view, "login_required", True)}
# The renewal page offers to stay logged in.
OPEN = {*PUBLIC, "accounts:renew", "accounts:step_up", "mfa:stay"}


@pytest.fixture
def expired(browser: Browser, alice: User) -> Browser:
    """Alice, logged in after an administrator required a new password."""
    passwords.expire(alice, client=NOWHERE, by=1)
    browser.log_in(alice)
    return browser


def save(browser: Browser, new: str = NEW) -> HttpResponse:
    return browser.post(RENEW, {"new_password1": new, "new_password2": new})


def test_no_page_opens_with_expired_password(expired: Browser) -> None:
    closed = [each for each in ADDRESSES if each.name not in OPEN]
    ways = {
        (method, str(each)): getattr(expired, method)(each.path).headers.get("Location")
        for method in ("get", "head", "post", "put")
        for each in closed
    }
    assert ways == dict.fromkeys(ways, RENEW)


def test_admin_is_closed_with_expired_password(browser: Browser, root: User) -> None:
    passwords.expire(root, client=NOWHERE, by=1)
    browser.log_in(root)
    assert browser.get("/admin/").url == RENEW
    assert browser.get("/admin/no-such-page/").url == RENEW


def test_staff_without_second_step_confirm_without_redirect_loop(
    browser: Browser, policy: SitePolicy, root: User
) -> None:
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    passwords.expire(root, client=NOWHERE, by=1)
    browser.password(root)
    policy.enabled = True
    policy.save()
    assert browser.get(RENEW).url.startswith("/me/confirm/")
    assert browser.get("/me/confirm/").status_code == 200
    assert browser.get("/admin/").url.startswith("/me/confirm/")


def test_second_step_comes_before_renewal(browser: Browser, alice: User) -> None:
    passwords.expire(alice, client=NOWHERE, by=1)
    assert browser.password(alice).url == "/login/verify/"
    assert browser.get(RENEW).url.startswith("/login/")


def test_new_password_opens_all_pages(expired: Browser, alice: User) -> None:
    page = expired.get(RENEW).content.decode()
    assert "Someone else may know your current password" in page
    assert page.count('autocomplete="new-password"') == 2
    assert save(expired).url == "/me/?saved=password"
    assert expired.get("/me/").status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert AuditEvent.objects.filter(event=Event.PASSWORD_CHANGED, user=alice).count() == 1


def test_stale_session_must_verify_before_renewal(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """The login verified the current password, but not for as long as its session lives."""
    passwords.expire(alice, client=NOWHERE, by=1)
    browser.log_in(alice)
    clock.shift(timedelta(minutes=10))
    assert save(browser).url.startswith("/me/confirm/")
    browser.post("/me/confirm/", {"next": RENEW, "either": "1", "password": PASSWORD})
    assert save(browser).url == "/me/?saved=password"


@pytest.mark.parametrize("new", ["short", PASSWORD, "password12345678"])
def test_weak_or_current_password_is_refused(expired: Browser, alice: User, new: str) -> None:
    assert "There is a problem" in save(expired, new).content.decode()
    assert expired.get("/me/").url == RENEW
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_renewal_ends_other_sessions(expired: Browser, other_browser: Browser, alice: User) -> None:
    other_browser.log_in(alice)
    save(expired)
    assert other_browser.get("/me/").status_code == 302
    assert other_browser.get("/me/").url.startswith("/login/")


def test_person_with_expired_password_can_log_out(expired: Browser) -> None:
    assert expired.post("/logout/").url == "/login/"
    assert not expired.signed_in


def test_reset_by_mail_renews_expired_password(browser: Browser, bob: User) -> None:
    passwords.expire(bob, client=NOWHERE, by=1)
    browser.post("/password/forgot/", {"email": bob.email})
    body = OutboxMessage.objects.filter(channel="email", body__contains="/password/reset/").get()
    browser.post(body.body.split("http://testserver")[1].split()[0])
    browser.post("/password/new/", {"new_password1": NEW, "new_password2": NEW})
    bob.refresh_from_db()
    assert not bob.password_expired


def test_unexpired_password_redirects_to_password_page(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    assert browser.get(RENEW).url == "/me/password/"
    assert save(browser).url == "/me/password/"
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
