"""The well-known URL for password managers (W3C, "A Well-Known URL for Changing Passwords")."""

from accounts.models import User
from tests.portal_client import Browser


def test_url_redirects_to_password_page(browser: Browser, alice: User) -> None:
    answer = browser.get("/.well-known/change-password")
    assert (answer.status_code, answer.url) == (302, "/me/password/")
    browser.log_in(alice)
    page = browser.get("/.well-known/change-password", follow=True)
    assert page.redirect_chain == [("/me/password/", 302)]
    assert page.status_code == 200


def test_anonymous_visitor_logs_in_first(browser: Browser, alice: User) -> None:
    page = browser.get("/.well-known/change-password", follow=True)
    assert page.redirect_chain[-1] == ("/login/?next=/me/password/", 302)


def test_nonexistent_well_known_url_answers_404(browser: Browser, db: None) -> None:
    """Password managers test a missing URL first, and ignore a portal that answers 200 to
    everything.
    """
    path = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert browser.get(path).status_code == 404
