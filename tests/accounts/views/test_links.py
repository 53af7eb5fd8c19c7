"""Emailed links as email programs pass them on: extended, cut, changed or late."""

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
    """A browser, and the path of a valid link of each kind."""
    station = {"reset": "linked", "email": "moving"}[request.param]
    browser = request.getfixturevalue(station)
    return browser, PAGES[request.param] + "/".join(mailed_link()) + "/"


def test_tail_of_link_is_dropped(mailed: tuple[Browser, str]) -> None:
    """The URL loses the tail, and the page is the link's own."""
    browser, path = mailed
    whole = [path.rstrip("/") + slash + tail for slash in ("/", "") for tail in TAILS]
    answers = {each: browser.get(each, follow=True) for each in whole}
    assert {each: answer.status_code for each, answer in answers.items()} == dict.fromkeys(
        whole, 200
    )
    assert {answer.request["PATH_INFO"] for answer in answers.values()} == {path}
    button = '<button type="submit" class="button">'
    assert [each for each, answer in answers.items() if button not in answer.text] == []


def test_mail_scanner_has_no_effect(mailed: tuple[Browser, str]) -> None:
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
def test_cut_link_is_not_reported_as_expired(mailed: tuple[Browser, str], change) -> None:
    browser, path = mailed
    answer = browser.get(change(path), follow=True)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "This link is incomplete" in page
    assert "expired" not in page
    assert FORGOT in page or DETAILS in page


def test_link_in_lower_case_may_have_been_changed(mailed: tuple[Browser, str]) -> None:
    browser, path = mailed
    answer = browser.get(path.lower(), follow=True)
    page = answer.content.decode()
    assert answer.status_code == 410
    assert "If your email program changed it, copy the whole address" in page
    assert "expired" not in page
    assert FORGOT in page or DETAILS in page


def test_late_link_has_expired(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """Its signature is right, so the reason is certain."""
    browser.post("/password/forgot/", {"email": alice.email})
    path = PAGES["reset"] + "/".join(mailed_link()) + "/"
    clock.shift(timedelta(minutes=61))
    page = browser.get(path)
    assert page.status_code == 410
    assert "This link has expired" in page.content.decode()
    User.objects.update(is_active=False)
    assert "This link does not work" in browser.get(path).content.decode()


def test_used_link_does_not_work(resetting: Browser, alice: User) -> None:
    path = PAGES["reset"] + "/".join(mailed_link()) + "/"
    new = {"new_password1": "another long enough one", "new_password2": "another long enough one"}
    resetting.post("/password/new/", new)
    page = resetting.get(path).content.decode()
    assert "This link does not work" in page
    assert "You may have used it already" in page


@pytest.mark.parametrize("tail", ["//evil.example/", "..%2F..%2Fadmin/", "MQ/https://evil.example"])
def test_tail_cannot_redirect_to_other_host(browser: Browser, db: None, tail: str) -> None:
    answer = browser.get(PAGES["reset"] + tail, follow=True)
    assert answer.status_code == 404
    assert all(url.startswith("/password/reset/") for url, _status in answer.redirect_chain)
