"""Activity: a login is one entry, with its steps inside."""

import pytest

from accounts.models import User
from mfa import audit
from mfa.client import Client
from mfa.models import Event
from mfa.views import me
from mfa.views.entries import entries_of
from tests.portal_client import Browser, code

HERE, THERE = Client("198.51.100.1", "Firefox"), Client("203.0.113.9", "Chrome")


def test_first_login_is_two_entries(browser: Browser, bob: User) -> None:
    """P14: a first login showed twelve rows, each with its own link."""
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "+447700900255"})
    browser.post("/login/enroll/verify/", {"code": code("+447700900255")})
    browser.log_in(bob)
    page = browser.get("/me/activity/")
    assert [entry.event.event for entry in page.context["entries"]] == [
        Event.LOGGED_IN,
        Event.FACTOR_ADDED,
    ]
    body = page.content.decode()
    assert body.count("This wasn't me<span") == 2
    shown = sum(1 + len(entry.steps) for entry in page.context["entries"])
    assert shown == audit.events_of(bob).count()


@pytest.mark.django_db
def test_steps_of_another_browser_and_unfinished_ones_stay_apart(alice: User) -> None:
    audit.record(Event.PASSWORD_RIGHT, alice, client=HERE)
    audit.record(Event.PASSWORD_RIGHT, alice, client=THERE)
    audit.record(Event.CODE_WRONG, alice, client=THERE)
    audit.record(Event.CODE_RIGHT, alice, client=HERE)
    login = audit.record(Event.LOGGED_IN, alice, client=HERE)
    audit.record(Event.UNUSUAL_LOGIN, alice, client=HERE, login=login.pk)
    audit.record(Event.CODE_WRONG, alice, client=HERE)
    found = [
        (entry.event.event, [step.event for step in entry.steps])
        for entry in entries_of(audit.events_of(alice))
    ]
    assert found == [
        (Event.CODE_WRONG, []),
        (Event.LOGGED_IN, [Event.UNUSUAL_LOGIN, Event.CODE_RIGHT, Event.PASSWORD_RIGHT]),
        (Event.CODE_WRONG, []),
        (Event.PASSWORD_RIGHT, []),
    ]


def listed(browser: Browser) -> list[list[tuple[int, list[int]]]]:
    """Return each page's entries: the id of each event, and those of its steps."""
    first = browser.get("/me/activity/").context
    numbers = first["events"].paginator.page_range
    pages = [browser.get(f"/me/activity/?page={number}").context["entries"] for number in numbers]
    return [[(each.event.pk, [step.pk for step in each.steps]) for each in page] for page in pages]


def test_page_break_does_not_split_login(
    browser: Browser, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P14: the steps behind the border were rows of their own on the next page."""
    for _ in range(3):
        audit.record(Event.PASSWORD_RIGHT, alice, client=HERE)
        audit.record(Event.CODE_SENT, alice, client=HERE)
        audit.record(Event.CODE_RIGHT, alice, client=HERE)
        login = audit.record(Event.LOGGED_IN, alice, client=HERE)
        audit.record(Event.UNUSUAL_LOGIN, alice, client=HERE, login=login.pk)
    browser.log_in(alice)
    [whole] = listed(browser)
    shown = [pk for event, steps in whole for pk in (event, *steps)]
    assert sorted(shown) == sorted(event.pk for event in audit.events_of(alice))
    for size in range(1, 8):
        monkeypatch.setattr(me, "EVENTS_PER_PAGE", size)
        assert [entry for page in listed(browser) for entry in page] == whole, size
