"""S23: only a person's actions extend a session, not the requests of pages and scripts."""

from datetime import timedelta

import pytest
import time_machine

from mfa.models import Session
from portal.activity import is_automatic
from tests.portal_client import Browser
from tests.stations import PLAIN, PUBLIC

pytestmark = pytest.mark.usefixtures("clock")

FETCH = {"HTTP_SEC_FETCH_MODE": "cors", "HTTP_SEC_FETCH_DEST": "empty"}
CLICK = {"HTTP_SEC_FETCH_MODE": "navigate", "HTTP_SEC_FETCH_DEST": "document"}
Ask = tuple[str, str, dict[str, str]]


def repeat(browser: Browser, clock: time_machine.Traveller, ask: Ask) -> bool:
    """Request every five minutes for an hour. Return whether the login is still open."""
    method, path, extra = ask
    for _ in range(12):
        clock.shift(timedelta(minutes=5))
        getattr(browser, method)(path, **extra)
    return browser.get("/me/").status_code == 200


@pytest.mark.parametrize(
    "ask",
    [
        ("get", "/theme.css", {}),
        ("get", "/login/help/", {}),
        ("get", "/login/", {}),
        ("get", "/login/verify/status/", {}),
        ("get", "/me/phone/verify/status/", {}),
        ("get", "/healthz", {}),
        ("get", "/no-such-page/", {}),
        ("get", "/me/security/sessions/end/", {}),
        ("head", "/me/", {}),
        ("options", "/me/", {}),
        ("get", "/me/", FETCH),
        ("get", "/me/", {"HTTP_SEC_FETCH_MODE": "no-cors"}),
        ("get", "/me/", {**CLICK, "HTTP_SEC_PURPOSE": "prefetch;prerender"}),
    ],
    ids=lambda ask: " ".join([ask[0], ask[1], *ask[2].values()]),
)
def test_automatic_requests_do_not_extend_session(
    home: Browser, clock: time_machine.Traveller, ask: Ask
) -> None:
    assert not repeat(home, clock, ask)


@pytest.mark.parametrize(
    "ask",
    [
        ("get", "/me/", {}),
        ("get", "/me/", CLICK),
        ("post", "/me/", FETCH),
        ("post", "/theme/", {}),
    ],
    ids=lambda ask: " ".join([ask[0], ask[1], *ask[2].values()]),
)
def test_actions_of_person_extend_session(
    home: Browser, clock: time_machine.Traveller, ask: Ask
) -> None:
    assert repeat(home, clock, ask)


def test_admin_scripts_do_not_extend_session(
    office: Browser, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        clock.shift(timedelta(minutes=6))
        office.get("/admin/jsi18n/")
    assert office.get("/admin/").status_code == 302


def test_automatic_save_does_not_extend_session(
    home: Browser, clock: time_machine.Traveller
) -> None:
    """Data that a poll writes into the session does not extend it."""
    before = Session.objects.values("seen_at", "expire_date").get()
    clock.shift(timedelta(minutes=5))
    session = home.session
    session.load()
    session.attended = False
    session["note"] = "kept"
    session.save()
    assert Session.objects.values("seen_at", "expire_date").get() == before
    assert Session.objects.get().get_decoded()["note"] == "kept"


def test_every_url_that_is_not_a_page_is_listed() -> None:
    assert [name for name in PLAIN | PUBLIC if not is_automatic(name)] == []
