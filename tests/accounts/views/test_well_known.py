"""Where password managers lead people (W3C, "A Well-Known URL for Changing Passwords")."""

from accounts.models import User
from tests.portal_client import Browser


def test_it_leads_everybody_to_the_page(browser: Browser, alice: User) -> None:
    answer = browser.get("/.well-known/change-password")
    assert (answer.status_code, answer.url) == (302, "/me/password/")
    browser.log_in(alice)
    page = browser.get("/.well-known/change-password", follow=True)
    assert page.redirect_chain == [("/me/password/", 302)]
    assert page.status_code == 200


def test_strangers_log_in_on_the_way(browser: Browser, alice: User) -> None:
    page = browser.get("/.well-known/change-password", follow=True)
    assert page.redirect_chain[-1] == ("/login/?next=/me/password/", 302)


def test_address_that_must_not_exist_does_not(browser: Browser, db: None) -> None:
    """Password managers ask for it first: a portal that answers 200 to anything is not believed."""
    path = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert browser.get(path).status_code == 404
