"""The home page."""

from accounts.models import User
from mfa.models import AccountPolicy
from tests.portal_client import Browser


def test_it_welcomes_by_name(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    page = browser.get("/").content.decode()
    assert "Welcome, Alice" in page
    assert "number ending 01" in page


def test_it_lists_the_last_five_events(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    browser.post("/logout/")
    browser.log_in(alice)
    assert len(browser.get("/").context["last_events"]) == 5


def test_without_a_phone_it_asks_for_one(
    browser: Browser, bob: User, policy: AccountPolicy
) -> None:
    policy.enabled = False
    policy.save()
    browser.password(bob)
    page = browser.get("/").content.decode()
    assert "Your account has only a password." in page
    assert 'href="/me/phone/"' in page


def test_only_staff_see_the_way_to_the_administration(
    browser: Browser, other_browser: Browser, alice: User, root: User
) -> None:
    browser.log_in(alice)
    other_browser.log_in(root)
    assert "/admin/" not in browser.get("/").content.decode()
    assert "/admin/" in other_browser.get("/").content.decode()


def test_no_credential_and_no_switch_is_outside_the_administration(
    browser: Browser, root: User
) -> None:
    """A07."""
    browser.log_in(root)
    pages = "".join(browser.get(path).content.decode() for path in ("/", "/me/", "/me/phone/"))
    assert "sms_a" not in pages
    assert 'name="enabled"' not in pages


def test_charlie_sees_his_own(
    browser: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    browser.log_in(alice)
    other_browser.log_in(charlie)
    page = other_browser.get("/").content.decode()
    assert "Welcome, Charlie" in page
    assert "Alice" not in page
    mine = {event.user_id for event in other_browser.get("/").context["last_events"]}
    assert mine == {charlie.pk}
