"""WB-01: a form needs its CSRF token; test_visits shows it of every address."""

from accounts.models import User
from tests.portal_client import PASSWORD, Browser


def test_refused_form_has_error_message(alice: User) -> None:
    page = Browser(enforce_csrf_checks=True).post(
        "/login/", {"email": alice.email, "password": PASSWORD}
    )
    assert "Nothing was saved. You may already be logged in" in page.content.decode()


def test_form_with_valid_token_is_accepted(alice: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    page = browser.get("/login/")
    form = {"email": alice.email, "password": PASSWORD}
    token = {"csrfmiddlewaretoken": page.context["csrf_token"]}
    assert browser.post("/login/", form | token).url == "/login/verify/"
