"""The page that ends the trust in all browsers (TB-02)."""

from html import unescape

import pytest

from accounts.models import User
from mfa.models import AuditEvent, Event, SitePolicy, TrustedBrowser
from tests.portal_client import PASSWORD, Browser, code

pytestmark = pytest.mark.usefixtures("clock")

SECURITY, ALL = "/me/security/", "/me/security/browsers/remove/all/"
BUTTON = "Stop trusting all browsers</button>"
NUMBER = "+447700900201"


@pytest.fixture
def two(browser: Browser, other_browser: Browser, alice: User) -> Browser:
    """Alice, logged in twice, in browsers that she trusts."""
    SitePolicy.note(trust_browser_days=14)
    for each in (other_browser, browser):
        each.password(alice)
        each.post("/login/verify/", {"code": code(NUMBER), "trust": "on"})
    return browser


def test_page_lists_the_browsers_and_only_its_button_ends_the_trust(
    two: Browser, other_browser: Browser, alice: User
) -> None:
    assert f'href="{ALL}"' in two.get(SECURITY).content.decode()
    page = two.get(ALL).content.decode()
    assert "The next login in each of these 2 browsers asks for a second step:" in page
    assert page.count(", last used ") == 2
    assert BUTTON in page
    assert TrustedBrowser.objects.count() == 2
    done = two.post(ALL, follow=True)
    assert "You no longer trust any browser." in unescape(done.text)
    assert "Trusted browsers" not in done.text
    assert not TrustedBrowser.objects.exists()
    assert AuditEvent.objects.get(event=Event.BROWSERS_UNTRUSTED).details == {"number": 2}
    # Sessions stay, the next login asks.
    assert other_browser.get("/me/").status_code == 200
    for each in (two, other_browser):
        each.post("/logout/")
        assert each.password(alice).url == "/login/verify/"


def test_page_without_trusted_browsers_has_no_button(home: Browser, alice: User) -> None:
    """The back button after it is done, or a second tab."""
    page = home.get(ALL).content.decode()
    assert "You have no trusted browsers." in unescape(page)
    assert BUTTON not in page
    assert home.post(ALL).url == f"{SECURITY}?done=untrusted-all"
    assert not AuditEvent.objects.filter(event=Event.BROWSERS_UNTRUSTED).exists()


def test_session_of_trusted_browser_proves_a_factor_first(two: Browser, alice: User) -> None:
    """TB-01: also for the page that lists them."""
    two.post("/logout/")
    two.password(alice)
    assert two.signed_in
    for answer in (two.get(ALL), two.post(ALL)):
        assert answer.url.startswith("/me/confirm/")
    two.post("/me/confirm/", {"next": ALL, "password": PASSWORD})
    two.post("/login/verify/", {"code": code(NUMBER)})
    assert BUTTON in two.get(ALL).content.decode()


def test_charlie_sees_and_ends_nothing_of_alices(two: Browser, charlie: User) -> None:
    theirs = Browser()
    theirs.log_in(charlie)
    assert BUTTON not in theirs.get(ALL).content.decode()
    theirs.post(ALL)
    assert TrustedBrowser.objects.count() == 2
