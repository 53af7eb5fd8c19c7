"""WB-01: every POST needs its CSRF token, on every address, in every state."""

import pytest

from accounts.models import User
from tests.architecture.addresses import ADDRESSES
from tests.journeys.database import dump
from tests.portal_client import PASSWORD, Browser
from tests.stations import EXEMPT, STATIONS


def strict(browser: Browser) -> Browser:
    """The same cookies in a browser that checks tokens as real ones are checked."""
    checking = Browser(enforce_csrf_checks=True)
    checking.cookies = browser.cookies
    return checking


@pytest.mark.parametrize("station", STATIONS)
def test_no_address_takes_a_post_without_its_token(
    request: pytest.FixtureRequest, alice: User, station: str
) -> None:
    browser = strict(request.getfixturevalue(station))
    before = dump()
    statuses = {
        str(each): browser.post(each.path).status_code
        for each in ADDRESSES
        if each.name not in EXEMPT
    }
    assert statuses == dict.fromkeys(statuses, 403)
    assert dump() == before


def test_a_refused_form_says_so_in_words(alice: User) -> None:
    page = Browser(enforce_csrf_checks=True).post(
        "/login/", {"email": alice.email, "password": PASSWORD}
    )
    assert "For your safety nothing was saved." in page.content.decode()


def test_a_form_with_its_token_is_taken(alice: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    page = browser.get("/login/")
    form = {"email": alice.email, "password": PASSWORD}
    token = {"csrfmiddlewaretoken": page.context["csrf_token"]}
    assert browser.post("/login/", form | token).url == "/login/verify/"
