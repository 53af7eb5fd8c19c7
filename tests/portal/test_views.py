"""The accent's stylesheet and the choice of theme."""

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest

from accounts.models import User
from mfa.models import SitePolicy
from mfa.rules.looks import OWN_ACCENT
from portal.views import server_error
from tests.portal_client import PASSWORD, Browser


@pytest.fixture
def red(policy: SitePolicy) -> str:
    """A portal with its own accent: the address of its stylesheet."""
    policy.accent = "#b3201c"
    policy.save()
    return "/theme.css?accent=b3201c"


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_page_loads_stylesheet_of_its_accent(browser: Browser, red: str, page: str) -> None:
    answer = browser.get(page, follow=True).content.decode()
    assert f'href="{red}"' in answer
    response = browser.get(red)
    assert response.headers["Content-Type"] == "text/css"
    assert "--accent: #b3201c;" in response.content.decode()


def test_new_accent_has_new_address(browser: Browser, red: str) -> None:
    """Browsers keep the stylesheet for a year."""
    assert browser.get(red).headers["Cache-Control"] == "public, max-age=31536000"
    SitePolicy.load()
    SitePolicy.objects.update(accent="#17703c")
    # A page of another process, which has read the new color already
    response = browser.get("/theme.css?accent=17703c")
    assert "--accent: #17703c;" in response.content.decode()
    assert "max-age=31536000" in response.headers["Cache-Control"]
    assert 'href="/theme.css?accent=17703c"' in browser.get("/login/").content.decode()


@pytest.mark.parametrize("named", ["", "?accent=", "?accent=17703c", "?accent=;}*{", "?x=b3201c"])
def test_address_with_another_color_is_not_kept(browser: Browser, red: str, named: str) -> None:
    """Nobody can make proxies keep today's color as that of tomorrow."""
    response = browser.get(f"/theme.css{named}")
    assert response.content.decode() == ":root, html[data-theme] { --accent: #b3201c; }\n"
    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_page_loads_no_stylesheet_for_the_accent_of_portal_css(
    browser: Browser, policy: SitePolicy
) -> None:
    assert policy.accent == OWN_ACCENT
    assert "/theme.css" not in browser.get("/login/").content.decode()


def test_server_error_page_loads_stylesheet_for_any_accent() -> None:
    """It is rendered without reading the policy."""
    assert "/theme.css" in server_error(HttpRequest()).content.decode()


def test_stylesheet_is_public_and_cached(browser: Browser, db: None) -> None:
    response = browser.get("/theme.css")
    assert set(response.headers["Cache-Control"].split(", ")) == {"max-age=60", "public"}
    assert not response.cookies


def test_stylesheet_rejects_post(browser: Browser, db: None) -> None:
    assert browser.post("/theme.css").status_code == 405


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_theme_is_kept_for_year(browser: Browser, db: None, theme: str) -> None:
    """SS-09."""
    response = browser.post("/theme/", {"theme": theme, "next": "/login/"})
    assert response.url == "/login/"
    cookie = response.cookies["theme"]
    assert cookie.value == theme
    assert cookie["max-age"] == 31_536_000
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("theme", ["", "pink", "dark; Domain=evil", "\x00"])
def test_another_theme_is_not_kept(browser: Browser, db: None, theme: str) -> None:
    assert "theme" not in browser.post("/theme/", {"theme": theme}).cookies


def test_page_has_chosen_theme(browser: Browser, db: None) -> None:
    browser.post("/theme/", {"theme": "dark"})
    assert 'data-theme="dark"' in browser.get("/login/").content.decode()


def test_invalid_theme_cookie_is_ignored(browser: Browser, db: None) -> None:
    browser.cookies["theme"] = '"><script>'
    page = browser.get("/login/").content.decode()
    assert "data-theme=" not in page
    assert "<script>" not in page


def test_get_does_not_change_theme(browser: Browser, db: None) -> None:
    assert browser.get("/theme/").status_code == 405


def test_every_page_shows_portal_name(browser: Browser, db: None, settings) -> None:
    settings.PORTAL_LOGO = "/static/logo.svg"
    page = browser.get("/login/").content.decode()
    assert "Acme Portal" in page
    assert 'src="/static/logo.svg"' in page


@pytest.fixture
def passing_on(browser: Browser) -> Browser:
    """Shows error pages as a server does."""
    browser.raise_request_exception = False
    return browser


def away(*_: object, **__: object) -> None:
    raise OperationalError("the connection is closed")


def bug(*_: object, **__: object) -> None:
    raise ZeroDivisionError


def test_unreachable_database_gives_503_with_retry_time(passing_on: Browser, alice: User) -> None:
    """ASVS 16.5.1: plain words, no internals, and when to try again."""
    with connection.execute_wrapper(away):
        response = passing_on.post("/login/", {"email": alice.email, "password": PASSWORD})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    assert response.headers["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "We'll be back in a minute" in page
    assert "connection" not in page


def test_database_lost_before_session_is_saved_gives_503(passing_on: Browser, alice: User) -> None:
    def write(execute, sql, *rest):
        return away() if "mfa_session" in sql else execute(sql, *rest)

    with connection.execute_wrapper(write):
        response = passing_on.post("/login/", {"email": alice.email, "password": PASSWORD})
    assert response.status_code == 503


def test_other_errors_answer_500(passing_on: Browser, alice: User) -> None:
    with connection.execute_wrapper(bug):
        response = passing_on.post("/login/", {"email": alice.email, "password": PASSWORD})
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()


@pytest.mark.parametrize("tail", [">", "%3E", ").", "%20", "%E2%80%8B", '"', "%22,", "&gt;", "."])
@pytest.mark.parametrize("path", ["/me/activity/", "/me/security/", "/password/forgot/"])
def test_link_with_tail_leads_to_its_page(home: Browser, path: str, tail: str) -> None:
    answer = home.get(f"{path}{tail}", follow=True)
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, path)


@pytest.mark.parametrize(
    "path", ["/no/such/page/", "/no/such/page/>/", "//evil.example/>/", "/me/activity/more/"]
)
def test_unknown_url_without_tail_is_404(home: Browser, path: str) -> None:
    assert home.get("/", PATH_INFO=path).status_code == 404


@pytest.mark.parametrize("path", ["/>/", "//>", "///.", "/%"])
def test_tail_without_page_leads_home(home: Browser, path: str) -> None:
    assert home.get("/", PATH_INFO=path).url == "/"


def test_post_is_not_redirected(home: Browser) -> None:
    assert home.post("/me/activity/%3E/").status_code == 404


@pytest.mark.parametrize("page", ["/login/", "/login/by-passkey/"])
@pytest.mark.parametrize(
    ("next_url", "leads_to"), [("/me/", "/me/"), ("", "/"), ("https://evil.example/", "/")]
)
def test_older_login_page_opens_the_portal_after_a_login_in_another_tab(
    alice: User, page: str, next_url: str, leads_to: str
) -> None:
    """key2: the login replaced the token of that page."""
    browser = Browser(enforce_csrf_checks=True)
    older = str(browser.get("/login/").context["csrf_token"])
    other = Browser()
    other.log_in(alice)
    browser.cookies = other.cookies
    answer = browser.post(page, {"next": next_url, "csrfmiddlewaretoken": older})
    assert (answer.status_code, answer.url) == (302, leads_to)
    assert browser.post(page, {"next": next_url}).status_code == 403
    assert browser.post("/logout/", {"csrfmiddlewaretoken": older}).status_code == 403
