"""Recognized devices: the cookie's content, its person, and its lifetime."""

from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import User
from mfa.sessions import devices

ALICE = User(pk=1, email="alice@example.org")
BOB = User(pk=2, email="bob@example.org")


def browser_with(cookie: str):
    request = RequestFactory().get("/")
    request.COOKIES[devices.cookie_name()] = cookie
    return request


def after_login(person: User, cookie: str = "") -> str:
    """Return the cookie after a login in a browser that has another one."""
    response = HttpResponse()
    devices.remember(browser_with(cookie), response, person)
    return response.cookies[devices.cookie_name()].value


def count(person: User, cookie: str) -> str:
    return devices.count_of(browser_with(cookie), person)


def test_browser_is_recognized_only_for_its_person() -> None:
    assert count(ALICE, after_login(ALICE)) in devices.COUNTS


def test_device_without_cookie_is_unrecognized() -> None:
    assert devices.count_of(RequestFactory().get("/"), ALICE) == ""


def test_cookie_of_another_person_is_invalid() -> None:
    assert count(ALICE, after_login(BOB)) == ""


def test_unknown_person_is_never_recognized() -> None:
    assert devices.count_of(browser_with(after_login(ALICE)), None) == ""


def test_changed_email_is_the_same_person() -> None:
    """Another spelling or address gives no new count and forgets no device."""
    cookie = after_login(ALICE)
    assert count(User(pk=1, email="new@example.org"), cookie)
    assert count(User(pk=3, email="alice@example.org"), cookie) == ""


@pytest.mark.parametrize("epoch", [0, 2])
def test_cookie_of_other_epoch_is_invalid(epoch: int) -> None:
    """S16."""
    cookie = after_login(User(pk=1, device_epoch=1))
    assert count(User(pk=1, device_epoch=epoch), cookie) == ""


def test_several_people_share_a_browser() -> None:
    cookie = after_login(BOB, after_login(ALICE))
    assert count(ALICE, cookie)
    assert count(BOB, cookie)


def test_first_of_six_people_is_forgotten() -> None:
    cookie = ""
    people = [User(pk=number) for number in range(6)]
    for person in people:
        cookie = after_login(person, cookie)
    assert [bool(count(person, cookie)) for person in people] == [False, *[True] * 5]


def test_repeated_logins_keep_one_part_per_person() -> None:
    cookie = after_login(ALICE, after_login(BOB))
    for _ in range(5):
        cookie = after_login(ALICE, cookie)
    assert cookie.count("|") == 1
    assert count(BOB, cookie)


def test_login_draws_new_count() -> None:
    """A stolen copy soon counts separately from the owner's device."""
    counts = {count(ALICE, after_login(ALICE)) for _ in range(200)}
    assert len(counts) > 1
    assert counts <= set(devices.COUNTS)


@pytest.mark.parametrize("changed", ["0", "f"])
def test_browser_cannot_choose_its_count(changed: str) -> None:
    """Otherwise guesses would multiply by the number of counts."""
    cookie = after_login(ALICE)
    while cookie[0] == changed:
        cookie = after_login(ALICE)
    assert count(ALICE, changed + cookie[1:]) == ""


@pytest.mark.parametrize(
    "forged", ["", "7", "7:1:x", "|||||", "7:1vabcd:" + "A" * 43, "x" * 10_000, "é", "7:a:b\x00"]
)
def test_forged_cookies_are_unrecognized(forged: str) -> None:
    assert count(ALICE, forged) == ""


@pytest.mark.parametrize("odd", ["7", "x" * 10_000, "é", "7:a:b\x00", "a\r\nSet-Cookie: b=c"])
def test_invalid_parts_are_not_written_back(odd: str) -> None:
    assert "|" not in after_login(BOB, odd)


def test_cookie_lasts_a_year(clock: time_machine.Traveller) -> None:
    """SS-09: by the server's clock, whatever the browser stores."""
    cookie = after_login(ALICE)
    clock.shift(timedelta(days=365) - timedelta(seconds=1))
    assert count(ALICE, cookie)
    clock.shift(timedelta(seconds=2))
    assert count(ALICE, cookie) == ""


def test_cookie_survives_key_rotation(settings) -> None:
    cookie = after_login(ALICE)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert count(ALICE, cookie)


def test_cookie_ends_when_key_is_removed(settings) -> None:
    cookie = after_login(ALICE)
    settings.SECRET_KEY = "another"
    assert count(ALICE, cookie) == ""


def test_cookie_does_not_reveal_person() -> None:
    """SS-09: no data in cookies."""
    assert "alice" not in after_login(ALICE)


@pytest.mark.parametrize(("https", "name"), [(False, "browser"), (True, "__Host-browser")])
def test_cookie_is_httponly_and_samesite(settings, https, name: str) -> None:
    """SS-09."""
    settings.HTTPS = https
    response = HttpResponse()
    devices.remember(RequestFactory().get("/"), response, ALICE)
    cookie = response.cookies[name]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert bool(cookie["secure"]) is https
    assert cookie["domain"] == ""
    assert cookie["max-age"] == 365 * 24 * 60 * 60
