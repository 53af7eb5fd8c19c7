"""Logging out (SS-04)."""

import pytest

from accounts.models import User
from mfa.models import AuditEvent, Event, Session
from tests.portal_client import Browser


@pytest.fixture
def home(browser: Browser, alice: User) -> Browser:
    browser.log_in(alice)
    return browser


def test_logout_deletes_session_on_server(home: Browser) -> None:
    old = Browser()
    old.cookies["session"] = home.cookies["session"].value
    assert home.post("/logout/").url == "/login/"
    assert old.get("/me/").status_code == 302
    assert not Session.objects.exists()


def test_logout_does_not_clear_browser_cache(home: Browser) -> None:
    """Otherwise Chromium would scan its disk cache of all sites before showing the login page."""
    assert home.get("/me/").headers["Cache-Control"].count("no-store") == 1
    assert "Clear-Site-Data" not in home.post("/logout/").headers


def test_get_does_not_log_out(home: Browser) -> None:
    assert home.get("/logout/").status_code == 405
    assert home.signed_in


@pytest.mark.parametrize("path", ["/", "/me/", "/me/phone/", "/me/password/", "/me/activity/"])
def test_every_page_has_logout_button(home: Browser, path: str) -> None:
    assert 'action="/logout/"' in home.get(path).content.decode()


def test_logout_is_in_the_audit(home: Browser, alice: User) -> None:
    home.post("/logout/")
    assert AuditEvent.objects.filter(event=Event.LOGGED_OUT, user=alice).count() == 1


def test_logout_of_ended_session_redirects_to_login(browser: Browser, alice: User) -> None:
    """Not to the logout page, which cannot be opened by a link."""
    response = browser.post("/logout/")
    assert response.url == "/login/"
    assert not AuditEvent.objects.exists()


def test_pending_login_can_log_out(browser: Browser, alice: User) -> None:
    browser.password(alice)
    browser.post("/logout/")
    assert browser.get("/login/verify/").url == "/login/"


def test_logout_keeps_sessions_of_others(
    home: Browser, other_browser: Browser, charlie: User
) -> None:
    other_browser.log_in(charlie)
    home.post("/logout/")
    assert other_browser.get("/me/").status_code == 200
