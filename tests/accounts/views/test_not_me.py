""" "This wasn't me" on the activity page: the same report as by the link in a notice."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, SitePolicy
from tests.portal_client import PASSWORD, Browser, code

NUMBER = "+447700900201"
SECURED = "Your account is secured"


def page_of(user: User, event: Event = Event.LOGGED_IN) -> str:
    return f"/me/activity/{AuditEvent.objects.filter(user=user, event=event).latest('pk').pk}/"


def reported(browser: Browser, page: str) -> str:
    """Press the button, and return the page that says what comes next."""
    answer = browser.post(page)
    assert answer.url.startswith("/me/not-me/")
    return browser.get(answer.url).content.decode()


def mailed_reset(user: User) -> str:
    mails = OutboxMessage.objects.filter(target=user.email, body__contains="/password/reset/")
    return re.search(r"http://testserver(/password/reset/\S+)", mails.latest("pk").body)[1]


def test_each_event_links_to_its_report_page(home: Browser, alice: User) -> None:
    assert page_of(alice) in home.get("/me/activity/").content.decode()


def test_viewing_changes_nothing(home: Browser, alice: User) -> None:
    """WB-01."""
    page = home.get(page_of(alice)).content.decode()
    assert "You logged in." in page
    assert home.get("/me/").status_code == 200


def test_button_ends_all_sessions_and_mails_a_link_to_a_new_password(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    other_browser.log_in(alice)
    half = Browser()
    half.password(alice)
    page = reported(home, page_of(alice))
    assert SECURED in page
    assert "Check your email" in page
    assert (home.get("/me/").status_code, other_browser.get("/me/").status_code) == (302, 302)
    assert half.post("/login/verify/", {"code": code(NUMBER)}).url == "/login/"
    alice.refresh_from_db()
    assert not alice.has_usable_password()
    # The link asks for the phone before it stores a new password.
    assert home.post(mailed_reset(alice)).url == "/login/verify/"


def test_report_is_notified_and_recorded(home: Browser, alice: User) -> None:
    """NT-01, NT-02."""
    home.post(page_of(alice))
    told = OutboxMessage.objects.filter(body__contains="logged out")
    assert {message.target for message in told} == {alice.email, NUMBER}
    assert AuditEvent.objects.get(event=Event.DISOWNED).details["what"] == Event.LOGGED_IN


def test_person_without_factor_gets_back_in_only_by_mailed_link(
    home: Browser, alice: User, policy: SitePolicy
) -> None:
    """Otherwise an attacker with the password could choose a new one first."""
    policy.enabled = False
    policy.save()
    reported(home, page_of(alice))
    assert "do not match" in home.password(alice).content.decode()
    assert home.post(mailed_reset(alice)).url == "/password/new/"


def test_new_phone_is_turned_off_after_a_proof(
    clock: time_machine.Traveller, home: Browser, alice: User
) -> None:
    """An unattended computer must not turn off its owner's phone (RV-07)."""
    phone = alice.factors.get()
    AuditEvent.objects.create(
        at=timezone.now(), event=Event.FACTOR_ADDED, user=alice, details={"factor": phone.pk}
    )
    page = page_of(alice, Event.FACTOR_ADDED)
    clock.shift(timedelta(minutes=11))
    for send in (home.get, home.post):
        assert send(page).url.startswith("/me/confirm/")
    assert Factor.objects.usable().filter(pk=phone.pk).exists()
    home.post("/me/confirm/", {"next": page, "either": "1", "password": PASSWORD})
    assert "We turn off this verification method." in home.get(page).content.decode()
    assert "We email you a code" in reported(home, page)
    phone.refresh_from_db()
    assert phone.status == "suspended"


def test_account_is_closed_only_after_a_proof(
    clock: time_machine.Traveller, browser: Browser, bob: User, policy: SitePolicy
) -> None:
    """A stolen session must not close the account of a person who changed the email this week."""
    policy.enabled = False
    policy.save()
    browser.password(bob)
    page = page_of(bob)
    User.objects.filter(pk=bob.pk).update(email_changed_at=timezone.now())
    clock.shift(timedelta(minutes=11))
    for send in (browser.get, browser.post):
        assert send(page).url.startswith("/me/confirm/")
    browser.post("/me/confirm/", {"next": page, "either": "1", "password": PASSWORD})
    assert "turn off your account" in browser.get(page).content.decode()
    assert "To get back in, contact the help desk" in reported(browser, page)
    assert not User.objects.get(pk=bob.pk).is_active


def test_event_is_reported_only_once(home: Browser, alice: User) -> None:
    """After the next login, the page says what the report did, and another press does nothing."""
    page = page_of(alice)
    reported(home, page)
    alice.refresh_from_db()
    alice.set_password("correct horse battery staple")
    alice.password_expired = False
    alice.save()
    home.log_in(alice)
    assert "We secured your account on" in home.get(page).content.decode()
    assert home.post(page).status_code == 200
    assert home.get("/me/").status_code == 200
    assert AuditEvent.objects.filter(event=Event.DISOWNED).count() == 1


def test_report_of_old_event_does_not_dispute_email(home: Browser, alice: User) -> None:
    """A week after a change of address without a report, the new address is the owner's."""
    page = page_of(alice)
    long_ago = timezone.now() - timedelta(days=8)
    AuditEvent.objects.filter(user=alice).update(at=long_ago - timedelta(days=1))
    User.objects.filter(pk=alice.pk).update(email_changed_at=long_ago)
    assert "Check your email" in reported(home, page)


def test_owner_without_mail_server_logs_in_as_usual(home: Browser, alice: User, settings) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    assert "Log in again now" in reported(home, page_of(alice))
    home.log_in(alice)
    assert home.get("/me/").url == "/me/password/renew/"


@pytest.mark.parametrize("method", ["get", "post"])
def test_charlie_cannot_see_alices_event(
    home: Browser, other_browser: Browser, alice: User, charlie: User, method: str
) -> None:
    event = page_of(alice)
    other_browser.log_in(charlie)
    assert getattr(other_browser, method)(event).status_code == 404
    assert home.get("/me/").status_code == 200
