"""The phone's side of an approval, and what attackers send there."""

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from accounts.models import User
from mfa.models import AuditEvent, Event, Factor, PushDevice, PushRequest
from tests.organizations import join, organization
from tests.phones import (
    ADD,
    CURVE,
    WAIT,
    Phone,
    add_phone,
    give_phone,
    number_on,
    shown_code,
    sign,
    stored,
    words,
)
from tests.portal_client import Browser
from tests.push_service import PushService


@pytest.fixture
def service(settings):
    with PushService() as running:
        settings.VAPID_PRIVATE_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
        settings.PUSH_TEST_ENDPOINTS = [running.origin]
        yield running


@pytest.fixture
def phone(service: PushService, alice: User) -> Phone:
    return give_phone(alice, service)


@pytest.fixture
def number(browser: Browser, alice: User, phone: Phone) -> str:
    """The number on alice's computer, which waits for her phone."""
    browser.password(alice)
    return number_on(browser.get(WAIT))


def other_than(number: str) -> str:
    return str((int(number) - 9) % 90 + 10)


def refused(browser: Browser, state: str = "open") -> None:
    """The login is still outside, and the request in this state."""
    assert browser.post(WAIT).status_code == 200
    assert not browser.signed_in
    assert PushRequest.objects.filter(to=None).order_by("-created_at")[0].state == state


def test_message_holds_no_number_and_no_person(phone, number, alice) -> None:
    """PU-04: no secrets, and nothing about the person."""
    text = json.dumps(phone.messages[-1])
    assert number not in text.replace(phone.newest, "")
    assert alice.email not in text
    assert set(phone.messages[-1]) == {"id", "title", "body"}


def test_request_lives_no_longer_than_its_message(phone, number) -> None:
    assert 0 < int(phone.service.got[-1].headers["ttl"]) <= 120


def test_wrong_number_ends_the_request(browser, phone, number) -> None:
    """PU-01: guessing has one try."""
    assert "not the number on the login page" in words(phone.answer(other_than(number)))
    refused(browser, "mistyped")
    phone.answer(number)
    refused(browser, "mistyped")
    assert "The number typed on your phone was wrong" in words(browser.get(WAIT))
    assert AuditEvent.objects.filter(event=Event.PUSH_WRONG).exists()


@pytest.mark.parametrize("typed", ["", "0", "123", "٤٢", "4 2", "4e1", "ab"])
def test_approval_without_a_number_is_refused(browser, phone, number, typed) -> None:
    phone.answer(typed)
    refused(browser, "mistyped")


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": ""},
        {"signature": "AAAA"},
        {"signature": "A" * 86},
        {"signature": "not base64!"},
    ],
)
def test_answer_without_signature_changes_nothing(browser, phone, number, changes) -> None:
    """PU-03: the cookie alone is no authenticator."""
    page = phone.answer(number, **changes)
    assert (page.status_code, "can't sign the answer" in words(page)) == (400, True)
    refused(browser)
    assert AuditEvent.objects.filter(event=Event.PUSH_REFUSED).exists()


def test_signature_covers_number_decision_and_request(browser, phone, number) -> None:
    newest = phone.newest
    for lines in (
        (newest, other_than(number), "approve"),
        (newest, number, "deny"),
        ("00000000-0000-4000-8000-000000000000", number, "approve"),
    ):
        signature = sign(phone.key, "portal approval 1", *lines)
        assert phone.answer(number, signature=signature).status_code == 400
    setup = sign(phone.key, "portal phone 1", newest, number, "approve")
    assert phone.answer(number, signature=setup).status_code == 400
    refused(browser)


def test_another_key_signs_nothing(browser, phone, number) -> None:
    """The key was swapped."""
    other = ec.generate_private_key(CURVE)
    assert phone.answer(number, key=other).status_code == 400
    refused(browser)


def test_approval_counts_once(browser, alice, phone, number) -> None:
    phone.answer(number)
    assert "You approved the login" in words(phone.answer(number))
    assert browser.post(WAIT).url == "/"
    second = Browser()
    second.password(alice)
    refused(second)


def test_replayed_answer_does_not_open_the_next_login(browser, alice, phone, number) -> None:
    old = phone.newest
    signature = sign(phone.key, "portal approval 1", old, number, "approve")
    phone.answer(number)
    browser.post(WAIT)
    second = Browser()
    second.password(alice)
    assert phone.answer(number, signature=signature).status_code == 400
    refused(second)


def test_number_of_another_request_is_wrong(browser, alice, phone, number) -> None:
    other = Browser()
    other.password(alice)
    assert number_on(other.get(WAIT)) != number or pytest.skip("the same number, by chance")
    phone.answer(number)
    refused(other, "mistyped")


def test_approval_opens_only_the_browser_that_asked(browser, alice, phone, number) -> None:
    phone.answer(number)
    thief = Browser()
    thief.password(alice)
    assert thief.post(WAIT).status_code == 200
    assert not thief.signed_in


def test_refusal_is_final(browser, phone, number) -> None:
    """push6."""
    phone.answer("", "deny")
    phone.answer(number)
    refused(browser, "denied")


def test_approval_is_final(browser, phone, number) -> None:
    phone.answer(number)
    phone.answer("", "deny")
    assert browser.post(WAIT).url == "/"
    assert not AuditEvent.objects.filter(event=Event.PUSH_DENIED).exists()


def test_another_persons_phone_sees_and_answers_nothing(browser, charlie, phone, number) -> None:
    request = phone.newest
    other = give_phone(charlie, phone.service, "charlies")
    assert other.open(request).status_code == 404
    assert other.answer(number, request=request).status_code == 404
    assert other.answer(number, request=request, phone=phone.pk).status_code == 404
    assert request not in {message["id"] for message in other.messages}
    refused(browser)


def test_browser_without_the_cookie_sees_nothing(browser, phone, number) -> None:
    """An id alone shows nothing."""
    for each in (Browser(), browser):
        assert each.get(f"/approve/{phone.newest}/").status_code == 404


@pytest.mark.parametrize("cookie", ["x", "t" * 43, "t" * 43 + "|" + "ä", "|" * 50])
def test_forged_cookie_shows_nothing(phone, number, cookie) -> None:
    other = Browser()
    other.cookies["phone"] = cookie
    assert other.get(f"/approve/{phone.newest}/").status_code == 404


def test_lost_phone_sees_and_answers_nothing(browser, alice, phone, number) -> None:
    phone.answer(number)
    alice.factors.filter(kind="push").update(status="suspended")
    assert browser.post(WAIT).status_code in {200, 302}
    assert not browser.signed_in
    assert phone.open().status_code == 404


def test_test_of_a_new_phone_opens_no_login(browser, alice, service) -> None:
    """A phone that is being added approves nothing else."""
    computer, new = Browser(), Phone(service, "new")
    first = give_phone(alice, service)
    computer.password(alice)
    first.answer(number_on(computer.get(WAIT)))
    computer.post(WAIT)
    page = computer.post("/me/security/push/")
    code = words(page).split("data-phone-code>")[1].split("<")[0].replace("-", "")
    new.pair(code)
    browser.password(alice)
    number, request = number_on(browser.get(WAIT)), first.newest
    assert new.open(request).status_code == 404
    assert new.answer(number, request=request).status_code == 404
    new.answer(number_on(computer.get("/me/security/push/")))
    refused(browser)


def test_web_app_shows_the_request_that_no_message_brought(browser, alice, phone) -> None:
    phone.service.status = 503
    browser.password(alice)
    assert (
        phone.browser.get("/approve/").url
        == f"/approve/{PushRequest.objects.latest('created_at').pk}/"
    )


def test_web_app_without_request_says_so(phone) -> None:
    page = words(phone.browser.get("/approve/"))
    assert "No login is waiting for you" in page
    assert "alice@example.org" in page
    assert "No login is waiting" not in words(Browser().get("/approve/"))


def test_visit_stores_where_messages_go_now(phone) -> None:
    """push1."""
    assert phone.renew("").status_code == 204
    assert stored(phone).subscription == ""
    assert "gets no alerts" in stored(phone).factor.state
    assert phone.renew().status_code == 204
    assert phone.endpoint in stored(phone).subscription
    assert stored(phone).factor.state == "in use"


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": ""},
        {"endpoint": "https://127.0.0.1/"},
        {"server_key": "AAAA"},
        {"phone": "x"},
        {"phone": ""},
    ],
)
def test_unsigned_or_unusable_subscription_is_not_stored(phone, changes) -> None:
    kept = stored(phone).subscription
    assert phone.renew(**changes).status_code == 400
    assert stored(phone).subscription == kept


def test_subscription_of_another_phone_cannot_be_changed(phone, alice) -> None:
    kept = stored(phone).subscription
    stranger = Browser()
    sent = {"phone": phone.pk, "signature": sign(phone.key, "portal subscription 1", phone.pk, "")}
    assert stranger.post("/approve/subscription/", sent).status_code == 404
    assert stored(phone).subscription == kept


def test_pages_of_the_phone_keep_its_cookie(phone, number) -> None:
    for page in ("/approve/", f"/approve/{phone.newest}/"):
        kept = phone.browser.get(page).cookies["phone"]
        assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Lax", "/")
        assert kept["max-age"] == timedelta(days=400).total_seconds()


def test_full_browser_takes_no_other_phone_and_forgets_none(browser, alice, charlie, phone) -> None:
    """A shared phone: Charlie adds it again and again, and Alice still sees her requests."""

    def again() -> Phone:
        return Phone(phone.service, "phone", browser=phone.browser)

    browser.log_in(charlie)
    for _ in range(5):
        add_phone(browser, again())
        Factor.objects.filter(user=charlie, kind="push").update(status="revoked")
    for _ in range(4):
        add_phone(browser, again())
    page = again().pair(shown_code(browser.post(ADD)))
    assert "already approves logins in five accounts" in words(page)
    computer = Browser()
    computer.password(alice)
    assert phone.browser.get("/approve/").url == f"/approve/{phone.newest}/"
    phone.answer(number_on(computer.get(WAIT)))
    assert computer.post(WAIT).status_code == 302
    assert computer.signed_in


def test_worker_and_manifest_are_for_phones(browser, policy) -> None:
    worker = browser.get("/approve/worker/")
    assert worker["Content-Type"] == "text/javascript; charset=utf-8"
    assert worker["Service-Worker-Allowed"] == "/approve/"
    assert "waitUntil" in worker.content.decode()
    assert "actions" not in worker.content.decode()
    manifest = browser.get("/approve/manifest/").json()
    assert (manifest["start_url"], manifest["display"]) == ("/approve/", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}


def test_deleted_person_has_no_phones(phone, alice) -> None:
    alice.delete()
    assert not PushDevice.objects.exists()
    assert phone.browser.get("/approve/").status_code == 200


def test_member_of_an_organization_approves(browser, alice, phone, number) -> None:
    """E10."""
    join(alice, organization("Acme"))
    phone.answer(number)
    assert browser.post(WAIT).status_code == 302
