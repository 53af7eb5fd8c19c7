"""E13: the lost phone, from the password to a new phone, with its mails and texts read."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from mfa import audit, recoveries
from mfa.models import AuditEvent, Event, RecoveryRequest, SitePolicy
from mfa.sessions.devices import count_of
from tests.lost_phone import (
    DAY,
    HOUR,
    NEW_PHONE,
    STOP,
    Outcome,
    no_codes_by_email,
    remind,
    start,
    told,
)
from tests.passkeys import LOG_IN, answered, give_passkey
from tests.portal_client import Browser, code


def test_lost_phone_waits_72_hours_and_sets_up_new_one(
    browser: Browser, alice: User, clock
) -> None:
    no_codes_by_email()
    browser.password(alice)
    page = browser.post("/login/lost/", follow=True)
    assert page.redirect_chain[-1][0] == "/recover/"
    assert "wait 72 hours" in page.content.decode()
    page = browser.post("/recover/", follow=True)
    shown = page.content.decode()
    assert "in <strong>3\xa0days</strong>" in shown
    assert "5 March 2026, 12:00 UTC" in shown
    for text in (told(alice)[0], told(alice, "sms")[0]):
        assert "reported lost" in text
        assert STOP.search(text)
        assert " 12:00 UTC" in text

    clock.shift(DAY + timedelta(minutes=1))
    remind()
    remind()
    assert "your phone is still reported lost" in told(alice)[0]
    assert len(told(alice)) == 2
    clock.shift(DAY)
    remind()
    assert len(told(alice)) == 3

    # Neither the worker nor mail is needed to be ripe (back6).
    clock.move_to(RecoveryRequest.objects.get().ready_at)
    browser.password(alice)
    page = browser.get("/recover/")
    assert "You can set up a new phone now" in page.content.decode()
    assert "12 March 2026, 12:00 UTC" in page.content.decode()
    remind()
    assert "12 March 2026, 12:00 UTC" in told(alice)[0]
    assert browser.post("/login/lost/", follow=True).redirect_chain[-1][0] == "/login/mailbox/"
    browser.post("/login/mailbox/")
    browser.post("/login/mailbox/", {"code": code(alice.email)})
    browser.post("/login/enroll/phone/", {"phone": NEW_PHONE})
    browser.post("/login/enroll/verify/", {"code": code(NEW_PHONE)})
    held = alice.factors.exclude(status="revoked").get()
    assert held.target == NEW_PHONE
    assert RecoveryRequest.objects.get().outcome == Outcome.USED
    alice.refresh_from_db()
    assert alice.recovery_ready_at is None


def test_login_with_phone_stops_request_and_says_so(browser: Browser, alice: User, clock) -> None:
    """Back8: here, and at all addresses."""
    no_codes_by_email()
    start(browser, alice)
    owner = Browser()
    owner.log_in(alice)
    assert RecoveryRequest.objects.get().outcome == Outcome.LOGIN
    assert "Your phone was reported lost. That request ended" in owner.get("/").content.decode()
    assert "so we ended the request" in told(alice)[0]
    assert "ended" in told(alice, "sms")[0]
    clock.shift(4 * DAY)
    remind()
    assert "so we ended the request" in told(alice)[0], "nothing follows"
    browser.password(alice)
    assert browser.post("/login/lost/").url == "/recover/"


def test_login_by_passkey_stops_request_too(browser: Browser, alice: User) -> None:
    no_codes_by_email()
    start(browser, alice)
    owner = Browser()
    answered(owner, give_passkey(alice), LOG_IN)
    assert RecoveryRequest.objects.get().outcome == Outcome.LOGIN
    assert "Your phone was reported lost. That request ended" in owner.get("/").content.decode()


def test_emailed_code_is_no_factor_and_stops_nothing(browser: Browser, alice: User) -> None:
    start(browser, alice)
    browser.post("/login/verify/email/")
    browser.post("/login/verify/", {"code": code(alice.email)})
    assert browser.signed_in
    assert RecoveryRequest.objects.get().ended_at is None


def test_unused_request_ends_and_says_so(browser: Browser, alice: User, clock) -> None:
    no_codes_by_email()
    held = start(browser, alice)
    clock.move_to(held.ends_at)
    browser.password(alice)
    assert "Start the wait" in browser.get("/recover/").content.decode()
    remind()
    assert "has expired, because no one used it in time" in told(alice)[0]
    assert RecoveryRequest.objects.get().outcome == Outcome.OVER


@pytest.mark.parametrize("hours", [24, 100])
def test_policy_sets_the_wait(browser: Browser, alice: User, clock, hours: int) -> None:
    SitePolicy.note(recovery_hours=hours)
    held = start(browser, alice)
    assert held.ready_at - held.started_at == hours * HOUR


def test_wait_is_as_long_as_codes_by_email_are_off(browser: Browser, alice: User, clock) -> None:
    """EM-06: a code by email comes at the end."""
    User.objects.filter(pk=alice.pk).update(email_changed_at=timezone.now())
    held = start(browser, alice)
    assert held.ready_at - held.started_at == 7 * DAY


def test_staff_never_start_one(browser: Browser, root: User) -> None:
    browser.password(root)
    page = browser.post("/recover/", follow=True).content.decode()
    assert "Another administrator must help you" in page
    assert not RecoveryRequest.objects.exists()


def test_request_from_before_a_promotion_opens_nothing(
    browser: Browser, alice: User, clock
) -> None:
    """Never for staff, whichever way they became it."""
    no_codes_by_email()
    held = start(browser, alice)
    alice.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    clock.move_to(held.ready_at)
    browser.password(alice)
    page = browser.get("/recover/").content.decode()
    assert "Another administrator must help you" in page
    assert "You can set up a new phone now" not in page
    browser.post("/login/lost/")
    assert browser.get("/login/mailbox/").status_code == 302
    assert browser.get("/login/enroll/phone/").status_code == 302
    remind()
    assert RecoveryRequest.objects.get().outcome == Outcome.OVER
    assert "set up a new phone now" not in told(alice)[0]


def test_password_comes_first(browser: Browser, alice: User, bob: User) -> None:
    assert browser.post("/recover/").url == "/login/"
    # A reset has not proven it, and a person without a factor has no phone to lose.
    browser.post("/password/forgot/", {"email": alice.email})
    found = re.search(r"/password/reset/\S+", told(alice)[0])
    assert found
    browser.post(found[0])
    assert browser.post("/recover/").url == "/login/help/"
    browser.password(bob)
    assert browser.post("/recover/").url == "/login/enroll/phone/"
    assert not RecoveryRequest.objects.exists()


def is_blocked(browser: Browser, user: User) -> bool:
    """Whether the page refuses, and its button too."""
    browser.password(user)
    page = browser.post("/recover/", follow=True).content.decode()
    started = recoveries.stop(user, Outcome.FOUND)
    assert started is ("A request from this device or network was stopped" not in page)
    return not started


def moved(browser: Browser, address: str = "192.0.2.77") -> Browser:
    """The same device in another network."""
    browser.defaults["REMOTE_ADDR"] = address
    return browser


def test_after_refusal_device_and_network_that_asked_wait(
    browser: Browser, alice: User, clock
) -> None:
    """Back7: the stranger waits, the owner does not."""
    no_codes_by_email()
    attacker = Browser(REMOTE_ADDR="198.51.100.7")
    held = start(attacker, alice)
    recoveries.stop(alice, Outcome.REFUSED)
    assert is_blocked(attacker, alice)
    assert is_blocked(Browser(REMOTE_ADDR="198.51.100.7"), alice), "without its cookies"
    assert is_blocked(moved(attacker), alice), "in another network"
    assert not is_blocked(browser, alice)
    clock.move_to(held.started_at + 7 * DAY + HOUR)
    assert not is_blocked(attacker, alice)


def test_recognized_device_waits_only_if_it_asked(alice: User, clock) -> None:
    """Back7: also beside a stranger in the same network, and after all devices were forgotten."""
    no_codes_by_email()
    attacker, owner = Browser(), Browser()
    for known in (attacker, owner):
        # Cookies of one second can be equal by chance.
        clock.shift(timedelta(seconds=1))
        known.log_in(alice)
        known.post("/logout/")
    start(attacker, alice)
    recoveries.stop(alice, Outcome.REFUSED)
    assert not is_blocked(owner, alice)
    assert is_blocked(moved(attacker), alice)
    User.objects.filter(pk=alice.pk).update(device_epoch=F("device_epoch") + 1)
    assert is_blocked(attacker, alice)
    assert not is_blocked(moved(owner), alice)


def test_mark_of_device_is_stored_as_hash_and_recognizes_nobody(
    browser: Browser, alice: User, charlie: User
) -> None:
    no_codes_by_email()
    held = start(browser, alice)
    cookie = browser.cookies["browser"].value
    assert held.mark == hashlib.sha256(cookie.encode()).hexdigest()
    assert count_of(browser.get("/recover/").wsgi_request, alice) == ""
    assert start(browser, charlie).mark == held.mark, "a device has one mark for all its people"


def test_request_by_support_has_no_mark(alice: User, root: User) -> None:
    held = recoveries.start(alice, client=audit.NOWHERE, by=root, reason="called")
    assert isinstance(held, RecoveryRequest)
    assert (held.mark, held.network) == ("", "")


def test_session_inside_sees_the_request_and_ends_it(
    browser: Browser, alice: User, charlie: User, clock
) -> None:
    no_codes_by_email()
    inside, other = browser, Browser()
    inside.log_in(alice)
    assert "reported lost" not in inside.get("/").content.decode()
    assert "reported lost" not in inside.get("/me/security/").content.decode()
    held = start(Browser(), alice)
    home = inside.get("/").content.decode()
    assert "Your phone is reported lost. A new one can be set up from 5 March 2026" in home
    page = inside.get("/me/security/").content.decode()
    assert "A new phone can be set up in <strong>3\xa0days</strong>" in page
    assert f"/me/activity/{held.event}/" in page
    form = page.partition('action="/me/security/lost-phone/end/"')[2].partition("</form>")[0]
    assert "csrfmiddlewaretoken" in form
    RecoveryRequest.objects.update(ready_at=timezone.now())
    assert "can be set up now" in inside.get("/me/security/").content.decode()
    other.log_in(charlie)
    other.post("/me/security/lost-phone/end/")
    assert inside.get("/me/security/lost-phone/end/").status_code == 405
    assert RecoveryRequest.objects.get().ended_at is None
    page = inside.post("/me/security/lost-phone/end/", follow=True).content.decode()
    assert "The request has ended" in page
    assert RecoveryRequest.objects.get().outcome == Outcome.FOUND
    assert "you have your phone again" in told(alice)[0]
    assert "reported lost" not in inside.get("/").content.decode()


def test_session_inside_reports_the_request_as_a_strangers(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    held = start(Browser(), alice)
    browser.post(f"/me/activity/{held.event}/")
    assert RecoveryRequest.objects.get().outcome == Outcome.STRANGER


def test_repeated_requests_of_one_network_have_a_limit(
    browser: Browser, alice: User, clock
) -> None:
    for _ in range(3):
        start(browser, alice)
        recoveries.stop(alice, Outcome.FOUND)
    page = browser.post("/recover/")
    assert page.status_code == 429
    assert "several requests from this network" in page.content.decode()
    start(Browser(REMOTE_ADDR="198.51.100.7"), alice)


def test_lost_phone_takes_four_views_to_the_next_step(browser: Browser, alice: User) -> None:
    """Login, code, lost phone, and the clock. By email it is one less."""
    no_codes_by_email()
    views = [browser.get("/login/")]
    browser.password(alice)
    views.append(browser.get("/login/verify/"))
    assert "I no longer have this phone" in views[-1].content.decode()
    views.append(browser.post("/login/lost/", follow=True))
    views.append(browser.post("/recover/", follow=True))
    assert "Your request is waiting" in views[-1].content.decode()
    assert len(views) <= 4
    assert AuditEvent.objects.filter(event=Event.RECOVERY_STARTED).count() == 1
