"""The virtual phone, which shows all messages to everyone. Only in the demo."""

import pytest
from django.core.management import call_command

from accounts.models import User
from mfa.models import OutboxMessage, SitePolicy
from portal.demo.organizations import CROWD, MANY
from portal.demo.people import PASSWORD, PEOPLE
from portal.demo.states import ENROLLED, STATES, WRITTEN
from tests.portal_client import Browser, code

PHONE = "/demo/phone/"


def test_virtual_phone_shows_newest_message_first(asked: Browser, alice: User) -> None:
    asked.post("/login/verify/email/")
    page = asked.get(PHONE).content.decode()
    assert code("+447700900201") in page
    assert page.index(alice.email) < page.index("+447700900201</span>")


def test_virtual_phone_lists_people_and_failing_numbers(browser: Browser, db: None) -> None:
    page = browser.get(PHONE).content.decode()
    assert "No messages yet." in page
    for person in PEOPLE:
        assert person.email in page
    assert "+447700900003" in page


def test_message_is_escaped(browser: Browser, db: None) -> None:
    OutboxMessage.objects.create(channel="sms", target="<b>x</b>", body="<script>alert(1)</script>")
    assert "<script>alert" not in browser.get(PHONE).content.decode()


def test_page_answers_no_post(browser: Browser, db: None) -> None:
    assert browser.post(PHONE).status_code == 405


@pytest.mark.django_db
def test_command_makes_people_who_can_log_in(browser: Browser, capsys) -> None:
    call_command("demo")
    call_command("demo")
    assert User.objects.exclude(email__endswith=CROWD).count() == len(PEOPLE)
    assert User.objects.filter(email__endswith=CROWD).count() == MANY
    assert SitePolicy.load().enabled
    assert "/demo/phone/" in capsys.readouterr().out
    ben = next(person for person in PEOPLE if person.number)
    browser.post("/login/", {"email": ben.email, "password": ben.password})
    browser.post("/login/verify/", {"code": code(ben.number)})
    assert browser.signed_in


@pytest.mark.django_db
def test_people_are_in_the_states_that_the_page_names() -> None:
    call_command("demo")
    sent = {"password": PASSWORD}
    pages = {email: Browser().post("/login/", {"email": email, **sent}).url for email in STATES}
    assert pages == {
        "sky@example.com": "/",
        "wes@example.com": "/login/help/",
        "lena@example.com": "/login/enroll/phone/",
        "una@example.com": "/login/verify/",
        "nell@example.com": "/login/verify/",
        "emma@example.com": "/login/verify/",
        "pia@example.com": "/",
        "bo@example.com": "/login/help/",
        "rosa@example.com": "/login/mailbox/",
    }
    assert code(WRITTEN)
    assert code(ENROLLED)
    browser = Browser()
    browser.post("/login/", {"email": "nell", **sent})
    answer = browser.post("/login/verify/", {"code": code("+447700900108")})
    assert answer.url == "/login/enroll/phone/"


@pytest.mark.django_db
def test_command_leaves_changed_policy_alone() -> None:
    call_command("demo")
    policy = SitePolicy.load()
    policy.enabled = False
    policy.save()
    call_command("demo")
    assert not SitePolicy.load().enabled
