"""Mailed links as mail programs hand them on: with a tail, cut, changed, too late."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from tests.portal_client import Browser
from tests.stations import home, linked, mailed_link, moving, resetting

__all__ = ["home", "linked", "moving", "resetting"]

PAGES = {"reset": "/password/reset/", "email": "/me/email/"}
TAILS = [
    *(
        ">",
        ")",
        ").",
        ",",
        "%22",
        "%20",
        "%E2%80%8B",
        "%C2%A0",
        "'",
        "\u201d",
        "]",
        "%3E%20Regards,",
    ),
    *("&gt;", "*", "%0A", "?utm_source=mail", ">/", "/"),
]
FORGOT, DETAILS = 'href="/password/forgot/"', 'href="/me/"'


@pytest.fixture(params=PAGES)
def mailed(request: pytest.FixtureRequest) -> tuple[Browser, str]:
    """A browser, and the path of a living link of each kind."""
    station = {"reset": "linked", "email": "moving"}[request.param]
    browser = request.getfixturevalue(station)
    return browser, PAGES[request.param] + "/".join(mailed_link()) + "/"


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("tail", TAILS)
def test_a_tail_is_dropped(mailed: tuple[Browser, str], tail: str, slash: str) -> None:
    """The address loses it, and the page is the link's own."""
    browser, path = mailed
    answer = browser.get(path.rstrip("/") + slash + tail, follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == path
    assert '<button type="submit" class="button">' in answer.content.decode()


def test_scanners_follow_it_without_an_effect(mailed: tuple[Browser, str]) -> None:
    browser, path = mailed
    for _ in range(3):
        assert browser.head(f"{path}%3E/", follow=True).status_code == 200
    assert browser.get(path).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path[:-12],
        lambda path: f"{path[:-12]}/",
        lambda path: path[: path.rindex(".")],
        lambda path: f"{path[:-20]}%0A{path[-20:]}",
        lambda path: f"{path[:-20]}=%20{path[-20:]}",
        lambda path: path.replace(".", "%E2%80%8B."),
        lambda path: path.rstrip("/").rpartition("/")[0],
    ],
)
def test_a_cut_or_broken_link_is_not_called_expired(mailed: tuple[Browser, str], change) -> None:
    browser, path = mailed
    answer = browser.get(change(path), follow=True)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "This link is incomplete" in page
    assert "expired" not in page
    assert FORGOT in page or DETAILS in page


def test_a_link_in_lower_case_may_have_been_changed(mailed: tuple[Browser, str]) -> None:
    browser, path = mailed
    answer = browser.get(path.lower(), follow=True)
    page = answer.content.decode()
    assert answer.status_code == 410
    assert "Your email program may also have changed it." in page
    assert "expired" not in page
    assert FORGOT in page or DETAILS in page


def test_a_late_link_has_expired(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """The signature is right, so that this can be said for sure."""
    browser.post("/password/forgot/", {"email": alice.email})
    path = PAGES["reset"] + "/".join(mailed_link()) + "/"
    clock.shift(timedelta(minutes=61))
    page = browser.get(path)
    assert page.status_code == 410
    assert "This link has expired" in page.content.decode()
    User.objects.update(is_active=False)
    assert "This link does not work" in browser.get(path).content.decode()


def test_a_used_link_does_not_work(resetting: Browser, alice: User) -> None:
    path = PAGES["reset"] + "/".join(mailed_link()) + "/"
    new = {"new_password1": "another long enough one", "new_password2": "another long enough one"}
    resetting.post("/password/new/", new)
    page = resetting.get(path).content.decode()
    assert "This link does not work" in page
    assert "used already" in page


@pytest.mark.parametrize("tail", ["//evil.example/", "..%2F..%2Fadmin/", "MQ/https://evil.example"])
def test_no_tail_leads_elsewhere(browser: Browser, db: None, tail: str) -> None:
    answer = browser.get(PAGES["reset"] + tail, follow=True)
    assert answer.status_code == 404
    assert all(url.startswith("/password/reset/") for url, _status in answer.redirect_chain)
