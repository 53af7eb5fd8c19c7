"""The accent's stylesheet and the choice of theme."""

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from tests.portal_client import PASSWORD, Browser


def test_the_stylesheet_sets_the_accent(browser: Browser, db: None, settings) -> None:
    settings.PORTAL_ACCENT = "#123456"
    response = browser.get("/theme.css")
    assert response.headers["Content-Type"] == "text/css"
    assert "--accent: #123456;" in response.content.decode()


def test_the_stylesheet_is_public_and_cached(browser: Browser, db: None) -> None:
    response = browser.get("/theme.css")
    assert set(response.headers["Cache-Control"].split(", ")) == {"max-age=3600", "public"}
    assert not response.cookies


def test_the_stylesheet_answers_no_post(browser: Browser, db: None) -> None:
    assert browser.post("/theme.css").status_code == 405


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_a_theme_is_kept_for_a_year(browser: Browser, db: None, theme: str) -> None:
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


def test_the_page_has_the_chosen_theme(browser: Browser, db: None) -> None:
    browser.post("/theme/", {"theme": "dark"})
    assert 'data-theme="dark"' in browser.get("/login/").content.decode()


def test_a_strange_cookie_changes_nothing(browser: Browser, db: None) -> None:
    browser.cookies["theme"] = '"><script>'
    page = browser.get("/login/").content.decode()
    assert "data-theme=" not in page
    assert "<script>" not in page


def test_a_link_chooses_no_theme(browser: Browser, db: None) -> None:
    assert browser.get("/theme/").status_code == 405


def test_the_brand_is_on_every_page(browser: Browser, db: None, settings) -> None:
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


def test_a_database_that_is_away_is_503_with_an_end(passing_on: Browser, alice: User) -> None:
    """ASVS 16.5.1: plain words, no internals, and when to come back."""
    with connection.execute_wrapper(away):
        response = passing_on.post("/login/", {"email": alice.email, "password": PASSWORD})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    assert response.headers["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "We will be back in a moment" in page
    assert "connection" not in page


def test_a_database_that_goes_away_before_the_session_is_written_is_503(
    passing_on: Browser, alice: User
) -> None:
    def write(execute, sql, *rest):
        return away() if "mfa_session" in sql else execute(sql, *rest)

    with connection.execute_wrapper(write):
        response = passing_on.post("/login/", {"email": alice.email, "password": PASSWORD})
    assert response.status_code == 503


def test_anything_else_that_breaks_is_500(passing_on: Browser, alice: User) -> None:
    with connection.execute_wrapper(bug):
        response = passing_on.post("/login/", {"email": alice.email, "password": PASSWORD})
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()


@pytest.mark.parametrize("tail", [">", "%3E", ").", "%20", "%E2%80%8B", '"', "%22,", "&gt;", "."])
@pytest.mark.parametrize("path", ["/me/activity/", "/me/security/", "/password/forgot/"])
def test_a_link_with_a_tail_leads_to_its_page(home: Browser, path: str, tail: str) -> None:
    answer = home.get(f"{path}{tail}", follow=True)
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, path)


@pytest.mark.parametrize(
    "path", ["/no/such/page/", "/no/such/page/>/", "//evil.example/>/", "/me/activity/more/"]
)
def test_what_is_no_page_without_its_tail_either_is_missing(home: Browser, path: str) -> None:
    assert home.get("/", PATH_INFO=path).status_code == 404


@pytest.mark.parametrize("path", ["/>/", "//>", "///.", "/%"])
def test_a_tail_alone_leads_home(home: Browser, path: str) -> None:
    assert home.get("/", PATH_INFO=path).url == "/"


def test_a_form_is_led_nowhere(home: Browser) -> None:
    assert home.post("/me/activity/%3E/").status_code == 404
