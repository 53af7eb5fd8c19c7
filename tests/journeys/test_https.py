"""WB-05, SS-09: behavior under https, and the scope of each cookie."""

import pytest

from accounts.models import User
from mfa.models import Session
from tests.portal_client import PASSWORD, Browser


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


def test_http_redirects_to_https_first(secured: Browser) -> None:
    """And a password sent unencrypted opens nothing."""
    form = {"email": "alice@example.org", "password": PASSWORD}
    answer = secured.post("/login/", form)
    assert answer.status_code == 301
    assert answer.url == "https://testserver/login/"
    assert not answer.cookies
    assert not Session.objects.exists()


def test_hsts_is_set_for_a_year(secured: Browser) -> None:
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
