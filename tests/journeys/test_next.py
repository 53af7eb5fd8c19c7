"""WB-03: `next` leads only to this host's own pages, through every step."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse

from accounts.models import User
from mfa.models import SitePolicy
from tests.advisories.trial import undone
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


HOME = (302, "/")


def led(response: HttpResponse) -> tuple[int, str | None]:
    return response.status_code, response.headers.get("Location")


def verify(browser: Browser) -> HttpResponse:
    return browser.post("/login/verify/", {"code": code("+447700900201")})


def astray(browser: Browser, journey: Callable[[Browser, str], HttpResponse]) -> dict[str, object]:
    """Where a journey with each of these addresses leads, if not home."""
    ends = {}
    for url in EVIL:
        with undone(browser) as twin:
            ends[url] = led(journey(twin, url))
    return {url: end for url, end in ends.items() if end != HOME}


def test_next_url_stays_on_site_after_second_step(browser: Browser, alice: User) -> None:
    def journey(twin: Browser, url: str) -> HttpResponse:
        twin.password(alice, next=url)
        return verify(twin)

    assert astray(browser, journey) == {}


def test_next_url_stays_on_site_without_second_step(
    browser: Browser, alice: User, policy: SitePolicy
) -> None:
    policy.enabled = False
    policy.save()
    assert astray(browser, lambda twin, url: twin.password(alice, next=url)) == {}


def test_next_url_of_login_page_never_leads_to_post_only_view(
    browser: Browser, alice: User
) -> None:
    def journey(twin: Browser, url: str) -> HttpResponse:
        page = twin.get("/login/", {"next": url})
        twin.password(alice, next=page.context["next"])
        return verify(twin)

    assert astray(browser, journey) == {}


def test_next_survives_enrollment(browser: Browser, bob: User) -> None:
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": NEW_NUMBER})
    ends = {}
    for url in EVIL:
        with undone(browser) as twin:
            twin.password(bob, next=url)
            answer = twin.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
            ends[url] = answer.headers["Location"]
    assert set(ends.values()) == {"/login/?notice=confirmed&next=%2F"}


def test_login_page_redirects_logged_in_person_on_site(home: Browser) -> None:
    assert astray(home, lambda twin, url: twin.get("/login/", {"next": url})) == {}
    assert astray(home, lambda twin, url: twin.post("/login/", {"next": url})) == {}


def test_forged_next_of_theme_button_stays_on_site(browser: Browser, db: None) -> None:
    form = {"theme": "dark"}
    assert astray(browser, lambda twin, url: twin.post("/theme/", {**form, "next": url})) == {}


def test_next_survives_admin_login_url(browser: Browser, alice: User) -> None:
    def journey(twin: Browser, url: str) -> HttpResponse:
        page = twin.get("/admin/login/", {"next": url}, follow=True)
        twin.password(alice, next=page.context["next"])
        return verify(twin)

    assert astray(browser, journey) == {}


def test_forged_next_of_step_up_stays_on_site(home: Browser) -> None:
    def journey(twin: Browser, url: str) -> HttpResponse:
        assert twin.get("/me/confirm/", {"next": url}).context["next"] == "/"
        twin.post("/me/confirm/", {"next": url})
        return verify(twin)

    assert astray(home, journey) == {}


@pytest.mark.parametrize("url", ["/me/\r\nSet-Cookie: a=b", "/me/\n\nbody"])
def test_line_break_cannot_inject_header(browser: Browser, alice: User, url: str) -> None:
    browser.password(alice, next=url)
    response = verify(browser)
    assert response.headers["Location"].startswith("/")
    assert not {"\r", "\n"} & set(response.headers["Location"])
    assert "a" not in response.cookies


@pytest.mark.parametrize("url", ["/me/", "/me/activity/?page=2", "/admin/mfa/accountpolicy/"])
def test_requested_page_is_kept_through_all_steps(browser: Browser, alice: User, url: str) -> None:
    browser.password(alice, next=url)
    assert verify(browser).headers["Location"] == url


def test_page_that_needs_login_is_reached_after_it(browser: Browser, alice: User) -> None:
    page = browser.get("/me/activity/", follow=True)
    browser.password(alice, next=page.context["next"])
    assert verify(browser).headers["Location"] == "/me/activity/"


def test_next_survives_second_login_after_enrollment(browser: Browser, bob: User) -> None:
    """A21: `next` kept."""
    browser.password(bob, next="/me/activity/")
    browser.post("/login/enroll/phone/", {"phone": NEW_NUMBER})
    page = browser.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)}, follow=True)
    browser.password(bob, next=page.context["next"])
    response = browser.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert response.headers["Location"] == "/me/activity/"


def test_continued_login_uses_newest_next(browser: Browser, alice: User) -> None:
    """Two tabs: the last followed link wins."""
    browser.password(alice, next="/me/")
    browser.password(alice, next="/me/activity/")
    assert verify(browser).headers["Location"] == "/me/activity/"
