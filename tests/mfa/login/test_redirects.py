"""Where a login can redirect: to pages that answer GET (WB-03)."""

import pytest
from django.http import HttpResponse

from accounts.models import User
from mfa.login.redirects import answers_get, is_page
from mfa.models import Factor
from tests.architecture.addresses import ADDRESSES
from tests.portal_client import Browser, code
from tests.stations import home, office, ruling

__all__ = ["home", "office", "ruling"]

POSTS = sorted(
    f"/{each.route}" for each in ADDRESSES if "<" not in each.route and not answers_get(each.view)
)


@pytest.mark.parametrize("path", ["/me/session/stay/", "/me/security/sessions/end/"])
def test_login_does_not_redirect_to_post_only_url(browser: Browser, alice: User, path: str) -> None:
    """A form of a session that had ended: the login's page asks for it again."""
    stale = browser.post(path)
    login = stale.headers["Location"]
    assert "next=" in login
    browser.post(login, {"email": alice.email, "password": "correct horse battery staple"})
    last = browser.post("/login/verify/", {"code": code("+447700900201")}, follow=True)
    assert last.status_code == 200
    assert last.request["PATH_INFO"] == "/"


@pytest.mark.parametrize("path", POSTS)
def test_post_only_url_is_not_a_destination(browser: Browser, alice: User, path: str) -> None:
    browser.password(alice, next=path)
    assert browser.post("/login/verify/", {"code": code("+447700900201")}).url == "/"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/", True),
        ("/me/", True),
        ("/me", True),
        ("/me/?saved=1#top", True),
        ("/%6De/", True),
        ("/me/activity/?page=2", True),
        ("/admin/accounts/user/", True),
        ("/logout/", False),
        ("/logout", False),
        ("/logout/?x=1", False),
        ("/%6Cogout/", False),
        ("/no/such/page/", False),
        ("/\x00", False),
    ],
)
def test_pages_are_distinguished_from_other_urls(url: str, expected: bool) -> None:  # noqa: FBT001 a table
    assert is_page(url) is expected


def test_invalid_stored_destination_is_dropped(browser: Browser, alice: User) -> None:
    """Kept by an older version of the portal."""
    browser.password(alice)
    session = browser.session
    session["mfa_pending"] = {**session["mfa_pending"], "next": "/logout/"}
    session.save()
    assert browser.post("/login/verify/", {"code": code("+447700900201")}).url == "/"


def test_each_405_page_has_a_link(ruling: Browser, alice: User) -> None:
    answers = [ruling.get(each.path) for each in ADDRESSES if not answers_get(each.view)]
    refused = [answer for answer in answers if answer.status_code == 405]
    assert len(refused) > 10
    for answer in refused:
        assert_leads_on(answer)
        assert answer.headers["Allow"] == "POST"
    assert_leads_on(ruling.put("/me/"))
    assert_leads_on(ruling.post("/healthz"))
    assert Factor.objects.exists()


def assert_leads_on(answer: HttpResponse) -> None:
    assert answer.status_code == 405
    page = answer.content.decode()
    assert "You can't open this page directly" in page
    assert '<a class="button button-quiet" href="/">' in page
