"""Logging out (SS-04)."""

import pytest

from accounts.models import User
from mfa.models import AuditEvent, Event, Session
from tests.portal_client import Browser


@pytest.fixture
def home(browser: Browser, alice: User) -> Browser:
    browser.log_in(alice)
    return browser


def test_it_ends_the_session_on_the_server(home: Browser) -> None:
    old = Browser()
    old.cookies["session"] = home.cookies["session"].value
    assert home.post("/logout/").url == "/login/"
    assert old.get("/me/").status_code == 302
    assert not Session.objects.exists()


def test_logout_leaves_the_cache_alone_since_no_page_is_in_it(home: Browser) -> None:
    """Chromium would walk its whole disk cache, of all sites, before the login page comes."""
    assert home.get("/me/").headers["Cache-Control"].count("no-store") == 1
    assert "Clear-Site-Data" not in home.post("/logout/").headers


def test_a_link_does_not_log_out(home: Browser) -> None:
    assert home.get("/logout/").status_code == 405
    assert home.signed_in


@pytest.mark.parametrize("path", ["/", "/me/", "/me/phone/", "/me/password/", "/me/activity/"])
def test_every_page_has_its_button(home: Browser, path: str) -> None:
    assert 'action="/logout/"' in home.get(path).content.decode()


def test_it_is_in_the_audit(home: Browser, alice: User) -> None:
    home.post("/logout/")
    assert AuditEvent.objects.filter(event=Event.LOGGED_OUT, user=alice).count() == 1


def test_a_session_that_has_ended_already_leads_to_the_login(browser: Browser, alice: User) -> None:
    """And not back to the logout after it, which no link may reach."""
    response = browser.post("/logout/")
    assert response.url == "/login/"
    assert not AuditEvent.objects.exists()


def test_the_half_signed_in_may_leave_too(browser: Browser, alice: User) -> None:
    browser.password(alice)
    browser.post("/logout/")
    assert browser.get("/login/verify/").url == "/login/"


def test_the_sessions_of_others_go_on(home: Browser, other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    home.post("/logout/")
    assert other_browser.get("/me/").status_code == 200
