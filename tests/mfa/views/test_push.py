"""Approval on a phone: the setup, the wait of a login, and the other ways beside it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.login.pending import PendingLogin
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, PushDevice, PushRequest, SitePolicy
from mfa.rules.routes import Purpose
from mfa.session_engine import ABOUT
from tests.phones import (
    ADD,
    ENROLL,
    KEY,
    WAIT,
    Phone,
    add_phone,
    factor_of,
    give_phone,
    number_on,
    shown_code,
    words,
)
from tests.portal_client import Browser, code
from tests.push_service import PushService


@pytest.fixture
def service(settings):
    with PushService() as running:
        settings.VAPID_PRIVATE_KEY = KEY
        settings.PUSH_TEST_ENDPOINTS = [running.origin]
        yield running


@pytest.fixture
def phone(service: PushService, alice: User) -> Phone:
    return give_phone(alice, service)


# Setup


def test_phone_is_added_tested_and_approves_a_login(browser, alice, service) -> None:
    """E04, E08, push8, K15."""
    browser.log_in(alice)
    assert "Show the QR code" in words(browser.get(ADD))
    shown = browser.post(ADD)
    phone = Phone(service)
    assert "will approve logins of alice@example.org" in words(
        phone.browser.get(f"/approve/add/{shown_code(shown)}/")
    )
    paired = phone.pair(shown_code(shown))
    assert "We sent a test to this phone" in words(phone.browser.get(paired.url))
    assert not Factor.objects.filter(kind="push").exists()
    number = number_on(browser.get(ADD))
    assert "This phone works" in words(phone.answer(number))
    named = browser.get(ADD)
    assert "Chrome on Android" in words(named)
    assert browser.post(ADD, {"name": "My phone"}).url == "/me/security/?done=push"
    assert "My phone" in words(browser.get("/me/security/"))
    told = OutboxMessage.objects.filter(body__contains="approve")
    assert {message.channel for message in told} == {"email", "push", "sms"}
    browser.post("/logout/")
    OutboxMessage.objects.all().delete()
    assert browser.password(alice).url == WAIT
    page = browser.get(WAIT)
    asked = words(phone.open())
    assert all(part in asked for part in ("alice@example.org", "testserver", "127.0.0.1"))
    assert "You approved the login" in words(phone.answer(number_on(page)))
    assert browser.get("/login/push/status/").json()["state"] == "approved"
    assert browser.post(WAIT).url == "/"
    assert browser.session[ABOUT]["aal"] == 2
    assert not OutboxMessage.objects.filter(channel="sms").exists()
    assert factor_of(phone).last_used_at is not None


def test_first_factor_is_a_phone_that_approves(browser, bob, service) -> None:
    """E10."""
    browser.password(bob)
    assert "Approve on your phone" in words(browser.get("/login/enroll/"))
    phone = Phone(service)
    assert add_phone(browser, phone, ENROLL).status_code == 302
    assert Factor.objects.get(user=bob).kind == "push"
    assert browser.password(bob).url == WAIT


def test_phone_without_answered_test_is_not_added(browser, alice, service) -> None:
    """push8: neither unanswered, nor with a wrong number."""
    browser.log_in(alice)
    phone = Phone(service)
    phone.pair(shown_code(browser.post(ADD)))
    assert browser.post(ADD, {"name": "Early"}).url == ADD
    number = number_on(browser.get(ADD))
    phone.answer(str((int(number) - 9) % 90 + 10))
    assert browser.post(ADD, {"name": "Wrong"}).url == ADD
    assert "The test did not work" in words(browser.get(ADD))
    assert not Factor.objects.filter(kind="push").exists()


def test_code_works_once(browser, alice, service) -> None:
    """The QR page opened twice: the second phone gets nothing."""
    browser.log_in(alice)
    shown = shown_code(browser.post(ADD))
    first, second = Phone(service), Phone(service, "second")
    first.pair(shown)
    assert "already been used" in words(second.pair(shown))
    sent = first.subscription
    late = second.browser.post(f"/approve/add/{shown}/", sent)
    assert "already been used" in words(late)
    assert second.messages == []


def test_code_expires_after_ten_minutes(browser, alice, service, clock) -> None:
    browser.log_in(alice)
    shown = shown_code(browser.post(ADD))
    clock.shift(timedelta(minutes=10))
    assert Phone(service).pair(shown).status_code == 404


def test_new_code_ends_the_earlier_one(browser, alice, service) -> None:
    browser.log_in(alice)
    first = shown_code(browser.post(ADD))
    second = shown_code(browser.post(ADD))
    assert Phone(service).pair(first).status_code == 404
    assert Phone(service).pair(second).status_code == 302


def test_code_is_not_for_another_persons_browser(browser, alice, charlie, service) -> None:
    """A logged-in person does not become the phone of someone else."""
    browser.log_in(alice)
    shown = shown_code(browser.post(ADD))
    phone = Phone(service)
    phone.browser.force_login(charlie)
    assert phone.pair(shown).status_code == 404


def test_another_session_of_the_person_cannot_finish_the_setup(browser, alice, service) -> None:
    """The phone belongs to the session that showed the code."""
    browser.log_in(alice)
    phone = Phone(service)
    phone.pair(shown_code(browser.post(ADD)))
    phone.answer(number_on(browser.get(ADD)))
    other = Browser()
    other.log_in(alice)
    assert other.post(ADD, {"name": "Mine"}).url == ADD
    assert not Factor.objects.filter(kind="push").exists()


def test_same_browser_is_no_phone(browser, alice, service) -> None:
    browser.log_in(alice)
    phone = Phone(service, browser=browser)
    shown = shown_code(browser.post(ADD))
    assert "not in the browser that shows the QR code" in words(phone.pair(shown))
    assert browser.post(f"/approve/add/{shown}/", phone.subscription).status_code == 200
    assert PushDevice.objects.get().paired_at is None


def test_same_browser_is_no_phone_beside_an_open_step_up(browser, alice, service) -> None:
    """Another tab asks for a factor meanwhile."""
    browser.log_in(alice)
    shown = shown_code(browser.post(ADD))
    PendingLogin.begin(alice, Purpose.STEP_UP, timezone.now()).save(session := browser.session)
    session.save()
    phone = Phone(service, browser=browser)
    assert "not in the browser that shows the QR code" in words(phone.pair(shown))
    assert PushDevice.objects.get().paired_at is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "https://127.0.0.1/push"},
        {"endpoint": "https://evil.example/push"},
        {"p256dh": "AAAA"},
        {"auth": "AAAA"},
        {"server_key": "AAAA"},
        {"public_key": "AAAA"},
        {"public_key": "ä"},
        {"signature": "AAAA"},
        {"signature": "A" * 86},
    ],
)
def test_unusable_keys_and_addresses_are_refused(browser, alice, service, wrong) -> None:
    """push5."""
    browser.log_in(alice)
    phone = Phone(service)
    page = phone.pair(shown_code(browser.post(ADD)), **wrong)
    assert (page.status_code, "can't be used" in words(page)) == (400, True)
    assert PushDevice.objects.get().paired_at is None
    assert phone.messages == []


def test_typed_code_leads_to_the_setup(browser, alice, service) -> None:
    """Apps on the Home Screen cannot scan the QR code."""
    browser.log_in(alice)
    shown = shown_code(browser.post(ADD))
    typed = f" {shown[:4].lower()}-{shown[4:8]} {shown[8:]}"
    assert Browser().post("/approve/", {"code": typed}).url == f"/approve/add/{shown}/"
    page = Browser().post("/approve/", {"code": "nonsense"})
    assert "No phone is being added with this code" in words(page)


def test_sixth_phone_is_refused(browser, alice, service, phone) -> None:
    for number in range(4):
        PushDevice.objects.create(
            user=alice,
            code_hash=str(number),
            factor=Factor.objects.create(
                user=alice, kind="push", confirmed_at=factor_of(phone).confirmed_at
            ),
        )
    browser.password(alice)
    phone.answer(number_on(browser.get(WAIT)))
    browser.post(WAIT)
    assert "which is the maximum" in words(browser.get(ADD))


def test_portal_without_key_offers_no_approval(browser, bob, alice, settings, phone) -> None:
    settings.VAPID_PRIVATE_KEY = ""
    browser.password(bob)
    assert "Approve on your phone" not in words(browser.get("/login/enroll/"))
    assert browser.get(ENROLL).status_code == 302
    other = Browser()
    assert other.password(alice).url == "/login/verify/"
    assert Phone(phone.service).browser.get("/approve/").status_code == 200


# The login


def test_text_is_sent_only_on_request(browser, alice, phone) -> None:
    """E09."""
    OutboxMessage.objects.all().delete()
    browser.password(alice)
    page = browser.get(WAIT)
    assert "Send me a text instead" in words(page)
    assert not OutboxMessage.objects.exclude(channel="push").exists()
    route = f"sms-{alice.factors.get(kind='phone').pk}"
    assert browser.post("/login/choose/", {"route": route}).url == "/login/verify/"
    browser.post("/login/verify/", {"code": code(alice.factors.get(kind="phone").target)})
    assert browser.signed_in


def test_reloading_and_a_second_password_send_no_second_request(browser, alice, phone) -> None:
    browser.password(alice)
    sent = len(phone.messages)
    browser.get(WAIT)
    browser.password(alice)
    browser.get(WAIT)
    assert len(phone.messages) == sent


def test_new_request_replaces_the_older_one_on_both_pages(browser, alice, phone) -> None:
    """push10."""
    browser.password(alice)
    old, number = phone.newest, number_on(browser.get(WAIT))
    other = Browser()
    other.password(alice)
    assert PushRequest.objects.filter(state="open").count() == 1
    assert "A newer request replaced this one" in words(browser.get(WAIT))
    assert "A newer request replaced this one" in words(phone.open(old))
    phone.answer(number, request=old)
    assert browser.post(WAIT).status_code == 200
    assert not browser.signed_in
    assert browser.get("/login/push/status/").json()["state"] == "replaced"


def test_unanswered_request_expires_after_two_minutes(browser, alice, phone, clock) -> None:
    """M15."""
    browser.password(alice)
    number = number_on(browser.get(WAIT))
    clock.shift(timedelta(seconds=119))
    assert browser.get("/login/push/status/").json()["state"] == "open"
    clock.shift(timedelta(seconds=1))
    page = words(browser.get(WAIT))
    assert "No answer from your phone within two minutes. Send again or use a text." in page
    assert "This request has expired" in words(phone.answer(number))
    assert browser.post(WAIT).status_code == 200
    browser.post("/login/push/again/")
    phone.answer(number_on(browser.get(WAIT)))
    assert browser.post(WAIT).url == "/"


def test_approval_waits_two_minutes_for_the_computer(browser, alice, phone, clock) -> None:
    browser.password(alice)
    phone.answer(number_on(browser.get(WAIT)))
    clock.shift(timedelta(seconds=120))
    assert browser.post(WAIT).status_code == 200
    assert not browser.signed_in


def test_fourth_request_is_refused_and_other_ways_stay(browser, alice, phone, clock) -> None:
    """PU-02: codes only."""
    browser.password(alice)
    for _ in range(2):
        browser.post("/login/push/again/")
    sent = len(phone.messages)
    clock.shift(timedelta(seconds=121))
    browser.post("/login/push/again/")
    assert len(phone.messages) == sent
    page = browser.get(WAIT)
    assert (page.status_code, "Use another way" in words(page)) == (429, True)
    assert "Send me a text instead" in words(page)


def test_twenty_logins_send_three_requests(alice, phone) -> None:
    """No one can wear the owner down."""
    before = len(phone.messages)
    for _ in range(20):
        Browser().password(alice)
    assert len(phone.messages) == before + 3


def test_phone_in_the_same_browser_gets_no_request(alice, phone) -> None:
    """push8: a login never approves itself."""
    sent = len(phone.messages)
    phone.browser.password(alice)
    assert len(phone.messages) == sent
    assert "No request was sent" in words(phone.browser.get(WAIT))


def test_gone_phone_is_asked_last_until_its_next_visit(browser, alice, phone) -> None:
    """404 and 410 end the subscription; the web app shows the request."""
    phone.service.status = 410
    browser.password(alice)
    assert "could not alert your phone" in words(browser.get(WAIT))
    other = Browser()
    assert other.password(alice).url == "/login/verify/"
    shown = phone.browser.get("/approve/")
    assert shown.url == f"/approve/{phone.newest}/"
    phone.answer(number_on(browser.get(WAIT)))
    assert browser.post(WAIT).url == "/"
    assert phone.renew().status_code == 204
    assert Browser().password(alice).url == WAIT


def test_phone_of_a_former_key_is_asked_last(browser, alice, phone, settings) -> None:
    """push4."""
    settings.VAPID_PRIVATE_KEY = "A" * 42 + "E"
    sent = len(phone.messages)
    browser.password(alice)
    assert len(phone.messages) == sent
    assert Browser().password(alice).url == "/login/verify/"
    assert phone.renew().status_code == 204
    assert Browser().password(alice).url == WAIT
    assert len(phone.messages) == sent + 1


def test_any_of_two_phones_is_enough(browser, alice, phone) -> None:
    """push9, push6."""
    second = give_second(alice, phone)
    browser.password(alice)
    assert phone.newest == second.newest
    assert "You approved" in words(second.answer(number_on(browser.get(WAIT))))
    assert "answered on another phone" in words(phone.answer("", "deny"))
    assert browser.post(WAIT).url == "/"


def give_second(alice: User, phone: Phone) -> Phone:
    computer, second = Browser(), Phone(phone.service, "second")
    computer.password(alice)
    phone.answer(number_on(computer.get(WAIT)))
    computer.post(WAIT)
    add_phone(computer, second)
    return second


def test_removed_phone_approves_nothing(browser, alice, phone) -> None:
    browser.password(alice)
    number = number_on(browser.get(WAIT))
    phone.answer(number)
    Factor.objects.filter(kind="push").update(status="revoked")
    browser.post(WAIT)
    assert not browser.signed_in
    assert phone.open().status_code == 404


def test_denied_login_notifies_and_offers_the_report(browser, alice, root, phone) -> None:
    """M14."""
    browser.password(alice)
    OutboxMessage.objects.all().delete()
    page = words(phone.answer("", "deny"))
    event = AuditEvent.objects.get(event=Event.PUSH_DENIED)
    assert f"/me/activity/{event.pk}/" in page
    said = "The request was refused on your phone. If that was not you, change your password now."
    assert said in words(browser.get(WAIT))
    assert browser.post(WAIT).status_code == 200
    assert not browser.signed_in
    told = {(message.channel, message.target) for message in OutboxMessage.objects.all()}
    assert {("email", alice.email), ("email", root.email)} <= told
    assert ("sms", alice.factors.get(kind="phone").target) in told


def test_step_up_is_approved_on_the_phone(browser, alice, phone, clock) -> None:
    browser.password(alice)
    phone.answer(number_on(browser.get(WAIT)))
    browser.post(WAIT)
    clock.shift(timedelta(minutes=11))
    asked = browser.get("/me/password/")
    browser.post(asked.url, {})
    assert "Confirm on your phone" in words(browser.get(WAIT))
    phone.answer(number_on(browser.get(WAIT)))
    assert browser.post(WAIT).url == "/me/password/"


def test_status_without_login_is_a_problem(browser, service) -> None:
    for page in ("/login/push/status/", "/login/new-phone/status/"):
        answer = browser.get(page)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_status_of_a_setup_follows_the_phone(browser, alice, service) -> None:
    browser.log_in(alice)
    status = "/login/new-phone/status/"
    assert browser.get(status).status_code == 404
    phone = Phone(service)
    shown = shown_code(browser.post(ADD))
    assert browser.get(status).json()["state"] == "new"
    phone.pair(shown)
    assert browser.get(status).json()["state"] == "open"
    phone.answer(number_on(browser.get(ADD)))
    assert browser.get(status).json()["state"] == "approved"


def test_policy_without_approval_has_no_setup(browser, alice, service, policy) -> None:
    SitePolicy.note(methods=["phone"])
    browser.log_in(alice)
    assert browser.get(ADD).status_code == 404
