"""WB-03: `next` leads to this host's own pages only, through every step."""

import pytest
from django.http import HttpResponse

from accounts.models import User
from mfa.models import AccountPolicy
from tests.journeys.conftest import NEW_NUMBER
from tests.portal_client import Browser, code

EVIL = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "http:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "\t//evil.example",
    " //evil.example",
    "/\t/evil.example",
    "\x00//evil.example",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "//testserver\\@evil.example",
    "evil.example",
    "home",
    "mfa:verify",
    "..",
]


def assert_at_home(response: HttpResponse) -> None:
    assert response.status_code == 302
    assert response.headers["Location"] == "/"


def verify(browser: Browser) -> HttpResponse:
    return browser.post("/login/verify/", {"code": code("+447700900201")})


@pytest.mark.parametrize("url", EVIL)
def test_after_the_second_step(browser: Browser, alice: User, url: str) -> None:
    browser.password(alice, next=url)
    assert_at_home(verify(browser))


@pytest.mark.parametrize("url", EVIL)
def test_without_a_second_step(
    browser: Browser, alice: User, policy: AccountPolicy, url: str
) -> None:
    policy.enabled = False
    policy.save()
    assert_at_home(browser.password(alice, next=url))


@pytest.mark.parametrize("url", EVIL)
def test_from_the_address_bar(browser: Browser, alice: User, url: str) -> None:
    page = browser.get("/login/", {"next": url})
    browser.password(alice, next=page.context["next"])
    assert_at_home(verify(browser))


@pytest.mark.parametrize("url", EVIL)
def test_through_enrollment_and_back(browser: Browser, bob: User, url: str) -> None:
    browser.password(bob, next=url)
    browser.post("/login/enroll/phone/", {"phone": NEW_NUMBER})
    response = browser.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    assert response.headers["Location"] == "/login/?notice=confirmed&next=%2F"


@pytest.mark.parametrize("url", EVIL)
def test_of_a_person_who_is_logged_in_already(home: Browser, url: str) -> None:
    assert_at_home(home.get("/login/", {"next": url}))
    assert_at_home(home.post("/login/", {"next": url}))


@pytest.mark.parametrize("url", EVIL)
def test_of_the_theme_button(browser: Browser, db: None, url: str) -> None:
    assert_at_home(browser.post("/theme/", {"theme": "dark", "next": url}))


@pytest.mark.parametrize("url", EVIL)
def test_through_the_admins_login_address(browser: Browser, alice: User, url: str) -> None:
    page = browser.get("/admin/login/", {"next": url}, follow=True)
    browser.password(alice, next=page.context["next"])
    assert_at_home(verify(browser))


@pytest.mark.parametrize("url", EVIL)
def test_of_a_step_up(home: Browser, url: str) -> None:
    assert home.get("/me/confirm/", {"next": url}).context["next"] == "/"
    home.post("/me/confirm/", {"next": url})
    assert_at_home(verify(home))


@pytest.mark.parametrize("url", ["/me/\r\nSet-Cookie: a=b", "/me/\n\nbody"])
def test_a_line_break_ends_no_header(browser: Browser, alice: User, url: str) -> None:
    browser.password(alice, next=url)
    response = verify(browser)
    assert response.headers["Location"].startswith("/")
    assert not {"\r", "\n"} & set(response.headers["Location"])
    assert "a" not in response.cookies


@pytest.mark.parametrize("url", ["/me/", "/me/activity/?page=2", "/admin/mfa/accountpolicy/"])
def test_a_page_of_our_own_is_kept_through_the_steps(
    browser: Browser, alice: User, url: str
) -> None:
    browser.password(alice, next=url)
    assert verify(browser).headers["Location"] == url


def test_a_page_that_needs_a_login_is_reached_after_it(browser: Browser, alice: User) -> None:
    page = browser.get("/me/activity/", follow=True)
    browser.password(alice, next=page.context["next"])
    assert verify(browser).headers["Location"] == "/me/activity/"


def test_the_second_login_after_enrollment_still_knows_it(browser: Browser, bob: User) -> None:
    """A21: `next` kept."""
    browser.password(bob, next="/me/activity/")
    browser.post("/login/enroll/phone/", {"phone": NEW_NUMBER})
    page = browser.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)}, follow=True)
    browser.password(bob, next=page.context["next"])
    response = browser.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert response.headers["Location"] == "/me/activity/"


def test_a_login_that_goes_on_takes_the_newest_wish(browser: Browser, alice: User) -> None:
    """Two tabs: the link that was followed last is where the person wants to be."""
    browser.password(alice, next="/me/")
    browser.password(alice, next="/me/activity/")
    assert verify(browser).headers["Location"] == "/me/activity/"
