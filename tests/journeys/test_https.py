"""WB-05, SS-09: what the portal does when its address is https, and each cookie that it sets."""

from http.cookies import Morsel

import pytest

from accounts.models import User
from mfa.models import Session
from tests.architecture.addresses import ADDRESSES
from tests.portal_client import PASSWORD, Browser
from tests.stations import STATIONS

# What stays for a year: a taste, and "somebody has logged in here", which grants nothing
LASTING = {"theme", "browser"}
PASSING = {"session", "csrf"}
ENDS = {"accounts:logout", "admin:logout", "mfa:cancel"}


@pytest.fixture
def secured(settings, alice: User) -> Browser:
    """A stranger's browser before a portal whose BASE_URL is https."""
    settings.HTTPS = True
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME = "__Host-session"
    settings.CSRF_COOKIE_NAME = "__Host-csrf"
    return Browser()


def test_http_leads_to_https_before_anything_else(secured: Browser) -> None:
    """And a password that was sent in clear opens nothing."""
    form = {"email": "alice@example.org", "password": PASSWORD}
    answer = secured.post("/login/", form)
    assert answer.status_code == 301
    assert answer.url == "https://testserver/login/"
    assert not answer.cookies
    assert not Session.objects.exists()


def test_browsers_are_told_to_stay_with_https_for_a_year(secured: Browser) -> None:
    """WB-02."""
    answer = secured.get("/login/", secure=True)
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_under_https_each_cookie_is_bound_to_the_host(secured: Browser, alice: User) -> None:
    secured.get("/login/", secure=True)
    secured.post("/theme/", {"theme": "dark"}, secure=True)
    secured.post("/login/", {"email": alice.email, "password": PASSWORD}, secure=True)
    assert {"__Host-session", "__Host-csrf"} <= set(secured.cookies)
    for name, cookie in secured.cookies.items():
        assert cookie["secure"], name
        assert cookie["path"] == "/", name
        assert cookie["domain"] == "", name


@pytest.mark.parametrize("station", STATIONS)
def test_no_address_sets_a_cookie_that_is_not_listed(
    request: pytest.FixtureRequest, db: None, station: str
) -> None:
    browser = request.getfixturevalue(station)
    for each in (each for each in ADDRESSES if each.name not in ENDS):
        browser.get(each.path)
        browser.post(each.path, {"theme": "dark"})
    seen = {**browser.cookies}
    assert set(seen) <= PASSING | LASTING
    assert [name for name in PASSING & set(seen) if lasts(seen[name])] == []
    assert [name for name, cookie in seen.items() if not kept_close(cookie)] == []


def lasts(cookie: Morsel) -> bool:
    return bool(cookie["max-age"] or (cookie["expires"] and cookie.value))


def kept_close(cookie: Morsel) -> bool:
    """Out of the reach of scripts and of other sites' forms, unless it has just been deleted."""
    return not cookie.value or bool(cookie["httponly"] and cookie["samesite"] == "Lax")
