"""The activity page's "This was not me": explained, and acted on by a button."""

import pytest

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, Event, OutboxMessage
from tests.portal_client import Browser

NUMBER = "+447700900201"


def page_of(user: User) -> str:
    return f"/me/activity/{AuditEvent.objects.filter(user=user).latest('pk').pk}/"


def test_each_event_leads_to_it(home: Browser, alice: User) -> None:
    assert page_of(alice) in home.get("/me/activity/").content.decode()


def test_a_look_changes_nothing(home: Browser, alice: User) -> None:
    """WB-01."""
    page = home.get(page_of(alice)).content.decode()
    assert "You logged in." in page
    assert home.get("/me/").status_code == 200


def test_the_button_ends_every_session_and_asks_for_a_new_password(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    other_browser.log_in(alice)
    assert home.post(page_of(alice)).url == "/login/?notice=secured"
    assert "logged out everywhere" in home.get("/login/?notice=secured").content.decode()
    assert (home.get("/me/").status_code, other_browser.get("/me/").status_code) == (302, 302)
    home.log_in(alice)
    assert home.get("/me/").url == "/me/password/renew/"


def test_it_is_told_and_recorded(home: Browser, alice: User) -> None:
    """NT-01, NT-02."""
    home.post(page_of(alice))
    told = OutboxMessage.objects.filter(body__contains="logged out everywhere")
    assert {message.target for message in told} == {alice.email, NUMBER}
    assert AuditEvent.objects.get(event=Event.DISOWNED).details["what"] == Event.LOGGED_IN


def test_where_the_password_is_all_it_is_changed_first(
    home: Browser, alice: User, policy: AccountPolicy
) -> None:
    """Else the thief of the password could be the first to choose a new one."""
    policy.enabled = False
    policy.save()
    assert home.post(page_of(alice)).url == "/me/password/"
    alice.refresh_from_db()
    assert not alice.password_expired


@pytest.mark.parametrize("method", ["get", "post"])
def test_charlie_sees_no_event_of_alices(
    home: Browser, other_browser: Browser, alice: User, charlie: User, method: str
) -> None:
    event = page_of(alice)
    other_browser.log_in(charlie)
    assert getattr(other_browser, method)(event).status_code == 404
    assert home.get("/me/").status_code == 200
