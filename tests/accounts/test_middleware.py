"""An expired password: nothing answers before a new one is saved (PW-06)."""

import pytest
from django.http import HttpResponse

from accounts import passwords
from accounts.models import User
from mfa.audit import NOWHERE
from mfa.models import AccountPolicy, AuditEvent, Event, OutboxMessage
from tests.architecture.addresses import ADDRESSES
from tests.portal_client import PASSWORD, Browser

NEW = "another long enough one"
RENEW = "/me/password/renew/"
# Open to everybody, or the way out
PUBLIC = {each.name for each in ADDRESSES if not getattr(each.view, "login_required", True)}
OPEN = {*PUBLIC, "accounts:renew", "accounts:step_up"}


@pytest.fixture
def expired(browser: Browser, alice: User) -> Browser:
    """Alice, who has logged in since an administrator asked for a new password."""
    passwords.expire(alice, origin=NOWHERE, by=1)
    browser.log_in(alice)
    return browser


def save(browser: Browser, new: str = NEW) -> HttpResponse:
    return browser.post(RENEW, {"new_password1": new, "new_password2": new})


@pytest.mark.parametrize("method", ["get", "head", "post", "put"])
def test_there_is_no_way_around(expired: Browser, method: str) -> None:
    closed = [each for each in ADDRESSES if each.name not in OPEN]
    answers = {str(each): getattr(expired, method)(each.path) for each in closed}
    ways = {name: answer.headers.get("Location") for name, answer in answers.items()}
    assert ways == dict.fromkeys(ways, RENEW)


def test_the_administration_is_closed_too(browser: Browser, root: User) -> None:
    passwords.expire(root, origin=NOWHERE, by=1)
    browser.log_in(root)
    assert browser.get("/admin/").url == RENEW
    assert browser.get("/admin/no-such-page/").url == RENEW


def test_staff_without_a_second_step_confirm_first_and_are_not_led_in_a_circle(
    browser: Browser, policy: AccountPolicy, root: User
) -> None:
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    passwords.expire(root, origin=NOWHERE, by=1)
    browser.password(root)
    policy.enabled = True
    policy.save()
    assert browser.get(RENEW).url.startswith("/me/confirm/")
    assert browser.get("/me/confirm/").status_code == 200
    assert browser.get("/admin/").url.startswith("/me/confirm/")


def test_the_second_step_comes_before_it(browser: Browser, alice: User) -> None:
    passwords.expire(alice, origin=NOWHERE, by=1)
    assert browser.password(alice).url == "/login/verify/"
    assert browser.get(RENEW).url.startswith("/login/")


def test_the_new_password_opens_everything(expired: Browser, alice: User) -> None:
    page = expired.get(RENEW).content.decode()
    assert "somebody else may know the present one" in page
    assert page.count('autocomplete="new-password"') == 2
    assert save(expired).url == "/me/?saved=password"
    assert expired.get("/me/").status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert AuditEvent.objects.filter(event=Event.PASSWORD_CHANGED, user=alice).count() == 1


@pytest.mark.parametrize("new", ["short", PASSWORD, "password12345678"])
def test_neither_a_weak_one_nor_the_present_one_will_do(
    expired: Browser, alice: User, new: str
) -> None:
    assert "There is a problem" in save(expired, new).content.decode()
    assert expired.get("/me/").url == RENEW
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_other_sessions_end_with_it(expired: Browser, other_browser: Browser, alice: User) -> None:
    other_browser.log_in(alice)
    save(expired)
    assert other_browser.get("/me/").status_code == 302
    assert other_browser.get("/me/").url.startswith("/login/")


def test_logging_out_stays_possible(expired: Browser) -> None:
    assert expired.post("/logout/").url == "/login/"
    assert not expired.signed_in


def test_a_reset_by_mail_renews_it_too(browser: Browser, bob: User) -> None:
    passwords.expire(bob, origin=NOWHERE, by=1)
    browser.post("/password/forgot/", {"email": bob.email})
    body = OutboxMessage.objects.filter(channel="email", body__contains="/password/reset/").get()
    browser.post(body.body.split("http://testserver")[1].split()[0])
    browser.post("/password/new/", {"new_password1": NEW, "new_password2": NEW})
    bob.refresh_from_db()
    assert not bob.password_expired


def test_who_needs_no_new_one_is_led_to_the_usual_page(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    assert browser.get(RENEW).url == "/me/password/"
    assert save(browser).url == "/me/password/"
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
