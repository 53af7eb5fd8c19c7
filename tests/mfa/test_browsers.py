"""Known browsers: what the cookie holds, whose it is, and how long."""

from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import User
from mfa import browsers

ALICE = User(pk=1, email="alice@example.org")
BOB = User(pk=2, email="bob@example.org")


def browser_with(cookie: str):
    request = RequestFactory().get("/")
    request.COOKIES[browsers.cookie_name()] = cookie
    return request


def after_login(person: User, cookie: str = "") -> str:
    """The cookie after a login in a browser that has another one."""
    response = HttpResponse()
    browsers.remember(browser_with(cookie), response, person)
    return response.cookies[browsers.cookie_name()].value


def count(person: User, cookie: str) -> str:
    return browsers.count_of(browser_with(cookie), person)


def test_a_browser_is_known_to_the_person_who_logged_in() -> None:
    assert count(ALICE, after_login(ALICE)) in browsers.COUNTS


def test_a_browser_without_cookie_is_a_stranger() -> None:
    assert browsers.count_of(RequestFactory().get("/"), ALICE) == ""


def test_the_cookie_of_another_is_none() -> None:
    assert count(ALICE, after_login(BOB)) == ""


def test_nobody_is_known_anywhere_who_does_not_exist() -> None:
    assert browsers.count_of(browser_with(after_login(ALICE)), None) == ""


def test_another_email_is_the_same_person() -> None:
    """Another spelling, or another mailbox, gives no fresh count and forgets no browser."""
    cookie = after_login(ALICE)
    assert count(User(pk=1, email="new@example.org"), cookie)
    assert count(User(pk=3, email="alice@example.org"), cookie) == ""


@pytest.mark.parametrize("epoch", [0, 2])
def test_the_cookie_of_another_epoch_is_none(epoch: int) -> None:
    """S16."""
    cookie = after_login(User(pk=1, device_epoch=1))
    assert count(User(pk=1, device_epoch=epoch), cookie) == ""


def test_several_people_share_a_browser() -> None:
    cookie = after_login(BOB, after_login(ALICE))
    assert count(ALICE, cookie)
    assert count(BOB, cookie)


def test_of_six_people_the_first_is_forgotten() -> None:
    cookie = ""
    people = [User(pk=number) for number in range(6)]
    for person in people:
        cookie = after_login(person, cookie)
    assert [bool(count(person, cookie)) for person in people] == [False, *[True] * 5]


def test_a_person_has_one_part_however_often_they_log_in() -> None:
    cookie = after_login(ALICE, after_login(BOB))
    for _ in range(5):
        cookie = after_login(ALICE, cookie)
    assert cookie.count("|") == 1
    assert count(BOB, cookie)


def test_a_login_draws_the_count_anew() -> None:
    """A stolen copy soon counts apart from the owner's browser."""
    counts = {count(ALICE, after_login(ALICE)) for _ in range(200)}
    assert len(counts) > 1
    assert counts <= set(browsers.COUNTS)


@pytest.mark.parametrize("changed", ["0", "f"])
def test_the_count_cannot_be_chosen(changed: str) -> None:
    """Guesses would multiply by the counts that a thief could name."""
    cookie = after_login(ALICE)
    while cookie[0] == changed:
        cookie = after_login(ALICE)
    assert count(ALICE, changed + cookie[1:]) == ""


@pytest.mark.parametrize(
    "forged", ["", "7", "7:1:x", "|||||", "7:1vabcd:" + "A" * 43, "x" * 10_000, "é", "7:a:b\x00"]
)
def test_forged_cookies_are_strangers(forged: str) -> None:
    assert count(ALICE, forged) == ""


@pytest.mark.parametrize("odd", ["7", "x" * 10_000, "é", "7:a:b\x00", "a\r\nSet-Cookie: b=c"])
def test_what_is_no_part_is_not_written_back(odd: str) -> None:
    assert "|" not in after_login(BOB, odd)


def test_it_lasts_a_year(clock: time_machine.Traveller) -> None:
    """SS-09: by the server's clock, whatever the browser keeps."""
    cookie = after_login(ALICE)
    clock.shift(timedelta(days=365) - timedelta(seconds=1))
    assert count(ALICE, cookie)
    clock.shift(timedelta(seconds=2))
    assert count(ALICE, cookie) == ""


def test_it_outlives_a_rotated_key(settings) -> None:
    cookie = after_login(ALICE)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert count(ALICE, cookie)


def test_it_dies_with_its_key(settings) -> None:
    cookie = after_login(ALICE)
    settings.SECRET_KEY = "another"
    assert count(ALICE, cookie) == ""


def test_it_tells_nobody_whose_it_is() -> None:
    """SS-09: no data in cookies."""
    assert "alice" not in after_login(ALICE)


@pytest.mark.parametrize(("https", "name"), [(False, "browser"), (True, "__Host-browser")])
def test_it_is_kept_from_scripts_and_other_sites(settings, https, name: str) -> None:
    """SS-09."""
    settings.HTTPS = https
    response = HttpResponse()
    browsers.remember(RequestFactory().get("/"), response, ALICE)
    cookie = response.cookies[name]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert bool(cookie["secure"]) is https
    assert cookie["domain"] == ""
    assert cookie["max-age"] == 365 * 24 * 60 * 60
