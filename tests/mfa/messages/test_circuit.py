"""The circuit breaker: account-wide faults turn texts off, until a probe succeeds."""

import re
from datetime import timedelta

import pytest
import time_machine
from celery import current_app
from django.core.management import call_command
from django.test import TestCase

from accounts.models import User
from mfa.channels.base import DeliveryError, Finding
from mfa.messages import circuit
from mfa.models import AuditEvent, ChannelHealth, Delivery, Factor, Reason, SitePolicy
from tests.mfa.messages.wires import Wire, email, notice, sms
from tests.portal_client import Browser
from tests.stations import NEW_NUMBER

__all__ = ["email", "sms"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

State = Delivery.State
VERIFY = "/login/verify/"


def text(user: User) -> Delivery:
    """One text, through the worker and what it wakes."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return notice(user)


def site() -> SitePolicy:
    return SitePolicy.objects.get()


def alarms() -> int:
    return AuditEvent.objects.filter(event="alerted", details__alert="texts_down").count()


@pytest.fixture
def broken(sms: Wire, alice: User, root: User) -> Wire:
    """The account is suspended, and nobody knows yet."""
    sms.trouble = DeliveryError(Reason.ACCOUNT, permanent=True, code="20005")
    return sms


@pytest.fixture
def resting(broken: Wire, alice: User) -> Wire:
    """Three texts later."""
    for _ in range(3):
        text(alice)
    assert site().health.texts_rest
    return broken


# Opening


def test_two_faults_do_not_open_circuit(broken: Wire, alice: User) -> None:
    for _ in range(2):
        text(alice)
    assert not site().health.texts_rest


def test_third_fault_in_five_minutes_opens_circuit(
    broken: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        clock.shift(timedelta(minutes=2, seconds=20))
        text(alice)
    policy = site()
    assert policy.health.texts_rest
    assert policy.health.texts_rest_since == policy.health.texts_failed_at
    assert (policy.health.texts_fault_reason, policy.health.texts_fault_code) == (
        "account",
        "20005",
    )


def test_three_faults_in_more_than_five_minutes_do_not_open_circuit(
    broken: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        clock.shift(timedelta(minutes=2, seconds=31))
        text(alice)
    assert not site().health.texts_rest


@pytest.mark.parametrize("reason", [Reason.CREDENTIALS, Reason.ACCOUNT, Reason.SENDER])
def test_account_wide_faults_count(sms: Wire, alice: User, reason: Reason) -> None:
    sms.trouble = DeliveryError(reason)
    for _ in range(3):
        text(alice)
    assert site().health.texts_rest


@pytest.mark.parametrize("reason", sorted(set(Reason) - circuit.ACCOUNT_WIDE))
def test_faults_of_single_numbers_do_not_count(sms: Wire, alice: User, reason: Reason) -> None:
    """A single number must not turn off texts for everyone."""
    sms.trouble = DeliveryError(reason, code="21211")
    for _ in range(5):
        text(alice)
    assert not site().health.texts_rest


def test_mail_servers_faults_are_not_texts(email: Wire, alice: User) -> None:
    email.trouble = DeliveryError(Reason.CREDENTIALS)
    for _ in range(3):
        with TestCase.captureOnCommitCallbacks(execute=True):
            notice(alice, "email")
    assert not site().health.texts_rest


def test_administrators_tests_do_not_count(broken: Wire, office_of_root: Browser) -> None:
    for _ in range(3):
        office_of_root.post("/admin/mfa/accountpolicy/test-message/", {"phone": NEW_NUMBER})
    assert Delivery.objects.filter(state=State.FAILED).count() == 3
    assert not site().health.texts_rest


@pytest.fixture
def office_of_root(broken: Wire, root: User) -> Browser:
    browser = Browser()
    trouble, broken.trouble = broken.trouble, None
    browser.password(root)
    challenge = Delivery.objects.get(user=root).challenge
    browser.post(VERIFY, {"code": challenge.code_for(challenge.browser)})
    assert browser.signed_in
    broken.trouble = trouble
    return browser


def test_administrators_are_alerted_once_with_reason(resting: Wire, alice: User) -> None:
    for _ in range(3):
        text(alice)
    assert alarms() == 1
    mails = Delivery.objects.filter(message="texts_down")
    assert [row.user.email for row in mails] == ["root@example.org"]
    assert (mails[0].context["fault"], mails[0].context["fault_code"]) == (Reason.ACCOUNT, "20005")


def test_report_is_in_the_audit(resting: Wire) -> None:
    event = AuditEvent.objects.get(event="texts_rested")
    assert event.details == {"reason": "account", "code": "20005"}


# While it is open


def test_new_login_uses_email_while_circuit_is_open(
    resting: Wire, browser: Browser, alice: User
) -> None:
    sent = len(resting.carried)
    assert browser.password(alice).url == "/login/choose/"
    page = browser.get("/login/choose/").content.decode()
    assert "Email to" in page
    assert "Text to" not in page
    browser.post("/login/choose/", {"route": "email"})
    assert Delivery.objects.latest("pk").channel == "email"
    assert [message.to for message in resting.carried[sent:]] == []


def test_open_code_works_while_circuit_is_open(
    sms: Wire, root: User, browser: Browser, alice: User
) -> None:
    browser.password(alice)
    sms.trouble = DeliveryError(Reason.ACCOUNT, code="20005")
    for _ in range(3):
        text(root)
    assert site().health.texts_rest
    challenge = Delivery.objects.filter(user=alice).latest("pk").challenge
    browser.post(VERIFY, {"code": challenge.code_for(challenge.browser)})
    assert browser.signed_in


def test_person_with_only_texts_sees_outage(resting: Wire, browser: Browser, alice: User) -> None:
    SitePolicy.objects.update(email_codes="off")
    assert browser.password(alice).url == "/login/help/"
    page = browser.get("/login/help/").content.decode()
    assert "we can't send texts right now" in page
    assert "The help desk" in page
    assert not browser.signed_in


def test_first_number_also_waits_between_texts(resting: Wire, browser: Browser, bob: User) -> None:
    browser.password(bob)
    page = browser.post("/login/enroll/phone/", {"phone": NEW_NUMBER})
    assert "We can&#x27;t send texts right now." in page.content.decode()
    assert not Delivery.objects.filter(user=bob).exists()


def test_password_is_not_enough_while_circuit_is_open(
    resting: Wire, browser: Browser, alice: User
) -> None:
    """An outage is not a lost factor: nobody enrolls another phone because of it (EN-02)."""
    SitePolicy.objects.update(email_codes="off")
    browser.password(alice)
    browser.post("/login/enroll/phone/", {"phone": NEW_NUMBER})
    assert Factor.objects.get(user=alice).target == "+447700900201"
    assert not browser.signed_in


# Coming back


@pytest.fixture(autouse=True)
def _account_answers_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wire, "check", lambda _self: [Finding(good=True, text="active")])


def test_probe_waits_two_minutes(resting: Wire, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=1, seconds=59))
    circuit.probe()
    assert site().health.texts_rest
    clock.shift(timedelta(seconds=1))
    circuit.probe()
    assert site().health.texts_on_trial


@pytest.mark.parametrize("answer", ["bad", "none"])
def test_circuit_stays_open_while_account_fails(
    resting: Wire,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
) -> None:
    def look(_self: Wire) -> list[Finding]:
        if answer == "none":
            raise DeliveryError(Reason.NETWORK)
        return [Finding(good=True, text="active"), Finding(good=False, text="no balance")]

    monkeypatch.setattr(Wire, "check", look)
    clock.shift(timedelta(hours=1))
    circuit.probe()
    assert site().health.texts_rest


@pytest.fixture
def on_trial(resting: Wire, clock: time_machine.Traveller) -> Wire:
    """The account works again, and no text was sent yet."""
    clock.shift(timedelta(minutes=2))
    circuit.probe()
    assert site().health.texts_on_trial
    return resting


def test_texts_are_available_on_trial(on_trial: Wire, browser: Browser, alice: User) -> None:
    on_trial.trouble = None
    assert browser.password(alice).url == VERIFY
    assert Delivery.objects.latest("pk").state == State.ACCEPTED


def test_delivered_text_closes_circuit(
    on_trial: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    on_trial.trouble = None
    clock.shift(timedelta(seconds=1))
    text(alice)
    circuit.probe()
    policy = site()
    assert (policy.health.texts_rest_since, policy.health.texts_tried_at) == (None, None)
    assert AuditEvent.objects.filter(event="texts_resumed").count() == 1


def test_failed_trial_reopens_circuit_without_alert(
    on_trial: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    began = site().health.texts_rest_since
    clock.shift(timedelta(seconds=1))
    text(alice)
    policy = site()
    assert policy.health.texts_rest
    assert policy.health.texts_rest_since == began
    assert alarms() == 1
    circuit.probe()
    assert site().health.texts_rest, "the circuit is open again"


def test_trial_continues_without_text(on_trial: Wire, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(hours=1))
    circuit.probe()
    assert site().health.texts_on_trial


def test_accepted_text_does_not_clear_fault_reported_by_receipts(
    on_trial: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    ChannelHealth.note(texts_fault_reported=True)
    on_trial.trouble = None
    clock.shift(timedelta(seconds=1))
    row = text(alice)
    circuit.probe()
    assert site().health.texts_on_trial
    Delivery.objects.filter(pk=row.pk).update(state=State.SENT)
    circuit.probe()
    assert site().health.texts_rest_since is None


def test_closed_circuit_needs_three_faults_again(
    on_trial: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    on_trial.trouble = None
    clock.shift(timedelta(seconds=1))
    text(alice)
    circuit.probe()
    on_trial.trouble = DeliveryError(Reason.ACCOUNT, code="20005")
    clock.shift(timedelta(seconds=1))
    for _ in range(2):
        text(alice)
    assert not site().health.texts_rest
    text(alice)
    assert site().health.texts_rest
    assert alarms() == 2


def test_successful_trial_text_closes_circuit_without_probe(
    on_trial: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    on_trial.trouble = None
    clock.shift(timedelta(seconds=1))
    text(alice)
    on_trial.trouble = DeliveryError(Reason.ACCOUNT, code="20005")
    text(alice)
    assert not site().health.texts_rest


def test_probe_does_nothing_while_circuit_is_closed(sms: Wire, policy: SitePolicy) -> None:
    circuit.probe()
    assert not site().health.texts_on_trial
    assert not circuit.try_again()


# In the administration


def test_administrator_sees_reason_and_can_retry(office_of_root: Browser, resting: Wire) -> None:
    page = office_of_root.get("/admin/mfa/accountpolicy/1/change/").content.decode()
    assert re.search(r"Texts stopped .* ago\.", page)
    assert "20005" in page
    answer = office_of_root.post("/admin/mfa/accountpolicy/try-texts/", follow=True)
    assert "Sending resumed." in answer.content.decode()
    assert site().health.texts_on_trial
    page = office_of_root.get("/admin/mfa/accountpolicy/1/change/").content.decode()
    assert "Sending has resumed." in page
    assert "try-texts" not in page


def test_new_values_of_the_account_are_tried_at_once(
    office_of_root: Browser, resting: Wire
) -> None:
    values = {"sms_account_id": "AC" + "1" * 32, "sms_phone_number": "+15005550006"}
    office_of_root.post("/admin/mfa/accountpolicy/1/change/", values | {"enabled": "on"})
    assert not site().health.texts_on_trial
    call_command("sms_account", "confirm")
    assert site().health.texts_on_trial


def test_saving_the_form_does_not_undo_what_the_worker_wrote(
    broken: Wire, office_of_root: Browser, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = SitePolicy.load

    def meanwhile() -> SitePolicy:
        monkeypatch.setattr(SitePolicy, "load", load)
        for _ in range(3):
            text(alice)
        return load()

    page = {"sms_account_id": site().sms.account_id, "sms_phone_number": "+15005550006"}
    monkeypatch.setattr(SitePolicy, "load", meanwhile)
    office_of_root.post("/admin/mfa/accountpolicy/1/change/", page | {"enabled": "on"})
    assert site().health.texts_rest


def test_charlie_cannot_retry(resting: Wire, other_browser: Browser, charlie: User) -> None:
    answer = other_browser.post("/admin/mfa/accountpolicy/try-texts/")
    assert answer.url.startswith("/login/")
    assert site().health.texts_rest


def test_tasks_called_by_name_exist() -> None:
    assert {"mfa.failures.learn", "mfa.circuit.probe"} <= set(current_app.tasks)
