"""Change of email: confirmed at the new address, reported to the old one (EM-06, SS-08, NT-02)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.utils.http import urlencode

from accounts.models import User
from mfa.messages import worker
from mfa.models import AuditEvent, Delivery, Event, OutboxMessage
from tests.conftest import make_user
from tests.portal_client import FORM, PASSWORD, Browser, code

NEW = "alice@new.example"
CHANGE = "/me/email/"
DEAD = "This link does not work"


def ask(browser: Browser, email: str = NEW) -> HttpResponse:
    return browser.post(CHANGE, {"email": email})


def links(target: str = NEW) -> list[str]:
    """Return the link paths sent to an address, newest first."""
    bodies = OutboxMessage.objects.filter(target=target).values_list("body", flat=True)
    found = (re.search(r"http://testserver(/me/email/\S+)", body) for body in bodies)
    return [match[1] for match in found if match]


def mails(target: str) -> list[str]:
    """Return the subjects of mails to an address, newest first."""
    return [
        mail.subject.removeprefix("Acme Portal: ")
        for mail in OutboxMessage.objects.filter(channel="email", target=target)
    ]


def email_of(user: User) -> str:
    user.refresh_from_db()
    return user.email


# Asking


def test_old_email_stays_until_new_one_is_confirmed(home: Browser, alice: User) -> None:
    answer = ask(home)
    assert answer.url == "/me/?saved=link"
    page = home.get(answer.url).content.decode()
    assert f"We sent a link to {NEW}" in page
    assert email_of(alice) == "alice@example.org"
    assert mails(NEW) == ["verify your new email address"]
    assert mails("alice@example.org") == []


def test_mail_to_unconfirmed_address_names_no_one(home: Browser, alice: User) -> None:
    ask(home)
    body = OutboxMessage.objects.get(target=NEW).body
    assert "alice@example.org" not in body
    assert "Alice" not in body


def test_stale_session_needs_fresh_proof(
    clock: time_machine.Traveller, home: Browser, alice: User
) -> None:
    """SS-08."""
    clock.shift(timedelta(minutes=11))
    assert home.get(CHANGE).url.startswith("/me/confirm/")
    assert ask(home).url.startswith("/me/confirm/")
    assert not links()


def test_session_by_emailed_code_cannot_change_email(browser: Browser, alice: User) -> None:
    """EM-01: control of the email account must not take over the portal account."""
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post("/login/verify/", {"code": code(alice.email)})
    assert browser.signed_in
    assert ask(browser).url.startswith("/me/confirm/")


@pytest.mark.parametrize(
    "email", ["", "no email", "Alice@Example.org", "x" * 64 + "@" + "y" * 60 + ".example" * 20]
)
def test_invalid_address_is_explained(home: Browser, email: str) -> None:
    answer = ask(home, email)
    assert answer.status_code == 200
    assert "There is a problem" in answer.content.decode()
    assert not links(email)


def test_person_gets_five_links_a_day(home: Browser) -> None:
    for number in range(5):
        ask(home, f"a{number}@new.example")
    answer = ask(home, "a5@new.example")
    assert answer.status_code == 429
    assert not links("a5@new.example")


def test_address_gets_five_emails_a_day_from_all_people(
    home: Browser, other_browser: Browser, charlie: User
) -> None:
    other_browser.log_in(charlie)
    for _ in range(3):
        ask(home)
    for _ in range(3):
        ask(other_browser)
    assert len(mails(NEW)) == 5


# An address that already has an account


def test_taken_email_looks_the_same_and_only_owner_is_notified(
    home: Browser, alice: User, charlie: User
) -> None:
    """RG-02."""
    free, taken = ask(home), ask(home, charlie.email)
    assert (free.status_code, free.url) == (taken.status_code, taken.url)
    pages = [home.get(free.url).content.decode() for _ in range(1)]
    assert charlie.email in pages[0]
    assert mails(charlie.email) == ["your email address already has an account"]
    assert links(charlie.email) == []
    assert email_of(charlie) == "charlie@example.org"


def test_second_request_for_same_email_gets_invalid_link(
    home: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    other_browser.log_in(charlie)
    ask(home)
    ask(other_browser)
    hers, his = sorted(links(), key=lambda path: path.split("/")[3] != uid_of(alice))
    assert home.post(hers).url == "/me/?saved=email"
    answer = other_browser.post(his)
    assert answer.status_code == 410
    assert DEAD in answer.content.decode()
    assert email_of(charlie) == "charlie@example.org"


def uid_of(user: User) -> str:
    from django.utils.http import urlsafe_base64_encode

    return urlsafe_base64_encode(str(user.pk).encode())


# The link


def test_opening_link_changes_nothing(home: Browser, alice: User) -> None:
    ask(home)
    for browser in (home, Browser()):
        page = browser.get(links()[0]).content.decode()
        assert f"log in with {NEW}" in page
    assert email_of(alice) == "alice@example.org"


def test_confirming_does_not_log_in_but_activates_new_email(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    ask(home)
    answer = other_browser.post(links()[0])
    assert answer.url == "/login/?notice=email"
    assert "Log in with it" in other_browser.get(answer.url).content.decode()
    assert not other_browser.signed_in
    assert email_of(alice) == NEW
    other_browser.post("/login/", {"email": "alice@example.org", "password": PASSWORD})
    assert "mfa_pending" not in other_browser.session
    assert other_browser.password(alice).url == "/login/verify/"


def test_acting_session_stays_and_others_end(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """SS-06."""
    other_browser.log_in(alice)
    third = Browser()
    third.password(alice)
    ask(home)
    key = home.cookies["session"].value
    answer = home.post(links()[0])
    assert answer.url == "/me/?saved=email"
    assert "Your new email is verified" in home.get(answer.url).content.decode()
    assert home.cookies["session"].value != key
    assert other_browser.get("/me/").status_code == 302
    assert third.get("/login/verify/").url.startswith("/login/?notice=ended")


def test_confirming_in_another_persons_browser_keeps_their_session(
    home: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    other_browser.log_in(charlie)
    ask(home)
    assert other_browser.post(links()[0]).url == "/login/?notice=email"
    assert other_browser.get("/me/").status_code == 200
    assert home.get("/me/").status_code == 302
    assert email_of(charlie) == "charlie@example.org"


def test_old_and_new_address_and_phone_are_notified(home: Browser, alice: User) -> None:
    """NT-01, NT-02."""
    ask(home)
    home.post(links()[0])
    told = "your email address was changed"
    assert mails("alice@example.org") == [told]
    assert mails(NEW)[0] == told
    body = OutboxMessage.objects.filter(target="alice@example.org", channel="email").get().body
    assert "from a…@example.org to a…@new.example" in body
    assert NEW not in body
    text = OutboxMessage.objects.filter(channel="sms").first()
    assert text
    assert "your email address was changed" in text.body
    assert AuditEvent.objects.filter(event=Event.EMAIL_CHANGED, user=alice).count() == 1


def test_link_lasts_an_hour(clock: time_machine.Traveller, home: Browser, alice: User) -> None:
    ask(home)
    clock.shift(timedelta(minutes=59, seconds=59))
    assert home.get(links()[0]).status_code == 200
    clock.shift(timedelta(seconds=2))
    assert Browser().post(links()[0]).status_code == 410
    assert email_of(alice) == "alice@example.org"


def test_link_works_once(home: Browser, alice: User) -> None:
    ask(home)
    home.post(links()[0])
    assert home.post(links()[0]).status_code == 410


@pytest.mark.parametrize("again", [NEW, "alice@newer.example"])
def test_later_request_for_other_address_ends_earlier_link(
    home: Browser, alice: User, again: str
) -> None:
    ask(home)
    first = links()[0]
    ask(home, again)
    assert (home.get(first).status_code == 200) is (again == NEW)
    home.post(links(again)[0])
    assert email_of(alice) == again
    assert home.post(first).status_code == 410


@pytest.mark.parametrize("change", ["password", "session_epoch", "is_active"])
def test_link_is_invalid_after_changes_to_account(home: Browser, alice: User, change: str) -> None:
    ask(home)
    values = {"password": "x", "session_epoch": 7, "is_active": False}
    User.objects.filter(pk=alice.pk).update(**{change: values[change]})
    assert Browser().post(links()[0]).status_code == 410


def test_link_of_one_kind_does_not_work_as_another(home: Browser, alice: User) -> None:
    ask(home)
    reset = links()[0].replace("/me/email/", "/password/reset/")
    assert Browser().post(reset).status_code == 410
    home.post("/password/forgot/", {"email": alice.email})
    body = OutboxMessage.objects.filter(body__contains="/password/reset/").get().body
    path = re.search(r"/password/reset/(\S+)", body)
    assert path
    assert Browser().post(f"/me/email/{path[1]}").status_code == 410
    assert email_of(alice) == "alice@example.org"


def test_reset_link_from_before_the_change_is_invalid(home: Browser, alice: User) -> None:
    """RV-01: an attacker may control the old address."""
    home.post("/password/forgot/", {"email": alice.email})
    body = OutboxMessage.objects.filter(body__contains="/password/reset/").get().body
    path = re.search(r"/password/reset/\S+", body)
    ask(home)
    home.post(links()[0])
    assert path
    assert Browser().post(path[0]).status_code == 410


def test_mail_queued_before_report_has_no_link(home: Browser, alice: User) -> None:
    """RV-01: an attacker's session requested it while no worker could send it."""
    thief = Client()
    thief.cookies = home.cookies
    thief.post(CHANGE, urlencode({"email": NEW}), content_type=FORM)
    home.post(f"/me/activity/{AuditEvent.objects.filter(user=alice).latest('pk').pk}/")
    waiting = Delivery.objects.get(target=NEW)
    worker.deliver(waiting.pk)
    assert not links()
    waiting.refresh_from_db()
    assert waiting.state == Delivery.State.DROPPED


def test_link_is_not_stored(home: Browser) -> None:
    ask(home)
    token = links()[0].rstrip("/").rpartition("/")[2]
    assert token not in str([vars(row) for row in Delivery.objects.all()])


# Email codes after the change


def test_email_codes_are_off_for_seven_days_even_after_text_login(
    clock: time_machine.Traveller, home: Browser, alice: User
) -> None:
    """EM-06."""
    ask(home)
    home.post(links()[0])
    alice.refresh_from_db()
    for day, offered in ((0, False), (6, False), (7, True)):
        clock.move_to(alice.email_changed_at + timedelta(days=day, seconds=1))
        visitor = Browser()
        visitor.password(alice)
        page = visitor.get("/login/verify/").content.decode()
        assert ("Send code to email" in page) is offered
        visitor.post("/login/verify/", {"code": code("+447700900201")})
        assert visitor.signed_in


def test_charlie_cannot_forge_a_link(home: Browser, charlie: User, alice: User) -> None:
    ask(home)
    make_user("spare@example.org")
    mine = links()[0].split("/")
    forged = "/".join([*mine[:3], uid_of(charlie), mine[4], ""])
    assert Browser().post(forged).status_code == 410
    assert email_of(charlie) == "charlie@example.org"


def test_without_mail_nothing_is_sent(settings, home: Browser, alice: User) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    assert ask(home).url == "/me/?saved=link"
    assert not links()
