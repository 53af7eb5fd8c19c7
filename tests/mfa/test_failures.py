"""What a failed text teaches: about its number, and whom it concerns besides."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import TestCase

from accounts.models import User
from mfa import failures
from mfa.channels.base import DeliveryError, Progress, Sent
from mfa.models import AccountPolicy, AuditEvent, Delivery, Factor, Reason
from tests.conftest import NOON
from tests.mfa.test_circuit import text
from tests.mfa.test_deliveries import Wire, notice, sms
from tests.portal_client import Browser

__all__ = ["sms"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

State = Delivery.State
VERIFY = "/login/verify/"


def fail(sms: Wire, user: User, reason: Reason, code: str = "") -> Delivery:
    sms.trouble = DeliveryError(reason, code=code)
    return text(user)


def arrive(sms: Wire, user: User) -> Delivery:
    sms.trouble, sms.progress = None, Progress.DELIVERED
    return text(user)


def phone(user: User) -> Factor:
    return Factor.objects.get(user=user)


def alerts() -> list[tuple[str, str]]:
    told = AuditEvent.objects.filter(event="alerted").order_by("pk")
    return [(event.details["alert"], event.details["about"]) for event in told]


# A doubtful number


def test_three_times_out_of_reach_in_a_day_make_a_number_doubtful(
    sms: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    for _ in range(2):
        fail(sms, alice, Reason.UNREACHABLE, "30003")
        clock.shift(timedelta(hours=11))
    assert phone(alice).doubtful_since is None
    fail(sms, alice, Reason.UNREACHABLE, "30003")
    assert phone(alice).doubtful_since == NOON + timedelta(hours=22)


def test_three_times_in_more_than_a_day_do_not(
    sms: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        clock.shift(timedelta(hours=12, minutes=1))
        fail(sms, alice, Reason.UNREACHABLE, "30003")
    assert phone(alice).doubtful_since is None


@pytest.mark.parametrize(
    ("first", "second"), [("30005", "30005"), ("30006", "30006"), ("30005", "30006")]
)
def test_twice_in_a_row_gone_or_no_mobile_do_too(
    sms: Wire, alice: User, first: str, second: str
) -> None:
    fail(sms, alice, Reason.UNKNOWN_NUMBER, first)
    assert phone(alice).doubtful_since is None
    fail(sms, alice, Reason.UNKNOWN_NUMBER, second)
    assert phone(alice).doubtful_since == NOON


def test_a_text_that_arrived_in_between_breaks_the_row(sms: Wire, alice: User) -> None:
    fail(sms, alice, Reason.UNKNOWN_NUMBER, "30005")
    arrive(sms, alice)
    fail(sms, alice, Reason.UNKNOWN_NUMBER, "30005")
    assert phone(alice).doubtful_since is None


def test_somebody_else_s_phone_is_not_doubtful(sms: Wire, alice: User, charlie: User) -> None:
    for _ in range(2):
        fail(sms, alice, Reason.UNKNOWN_NUMBER, "30005")
    assert phone(charlie).doubtful_since is None


def test_no_failure_removes_a_phone(sms: Wire, alice: User) -> None:
    for _ in range(5):
        fail(sms, alice, Reason.UNKNOWN_NUMBER, "30005")
    assert Factor.objects.usable().get().target == "+447700900201"


@pytest.fixture
def doubtful(asked: Browser, alice: User) -> Browser:
    Factor.objects.update(doubtful_since=NOON)
    return asked


def test_the_person_reads_it_on_the_code_page_and_under_my_details(
    doubtful: Browser, alice: User
) -> None:
    words = "Texts to this number have failed several times."
    assert words in doubtful.get(VERIFY).content.decode()
    Factor.objects.update(doubtful_since=None)
    other = Browser()
    other.log_in(alice)
    Factor.objects.update(doubtful_since=NOON)
    assert words in other.get("/me/").content.decode()


def test_the_administration_shows_it(doubtful: Browser, root: User) -> None:
    Factor.objects.filter(user=root).update(doubtful_since=None)
    office = Browser()
    office.log_in(root)
    assert "doubtful: texts to it fail" in office.get("/admin/mfa/factor/").content.decode()


def test_an_answer_clears_it(doubtful: Browser, alice: User) -> None:
    challenge = Delivery.objects.latest("pk").challenge
    doubtful.post(VERIFY, {"code": challenge.code_for(challenge.browser)})
    assert doubtful.signed_in
    assert phone(alice).doubtful_since is None


# STOP


@pytest.fixture
def stopped(sms: Wire, alice: User) -> Wire:
    """Alice's phone has sent STOP."""
    fail(sms, alice, Reason.OPTED_OUT, "21610")
    return sms


def test_it_is_remembered_for_thirty_days(
    stopped: Wire, browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    assert phone(alice).refuses_until == NOON + timedelta(days=30)
    sent = len(stopped.carried)
    assert browser.password(alice).url == "/login/choose/"
    assert len(stopped.carried) == sent, "no text is tried by itself"
    clock.shift(timedelta(days=30))
    assert Browser().password(alice).url == VERIFY
    assert len(stopped.carried) == sent + 1


def test_the_page_says_start_and_to_which_number(
    stopped: Wire, browser: Browser, alice: User
) -> None:
    browser.password(alice)
    page = browser.get("/login/choose/").content.decode()
    assert "Text START to +15005550006, then send the code again." in page
    assert page.index('value="email"') < page.index('value="sms-')


def test_a_messaging_service_has_no_number_to_name(
    stopped: Wire, browser: Browser, alice: User
) -> None:
    AccountPolicy.objects.update(sms_phone_number="MG" + "0" * 32)
    browser.password(alice)
    page = browser.get("/login/choose/").content.decode()
    assert "Reply START to one of our texts" in page


def test_who_is_refused_just_now_reads_the_same(sms: Wire, browser: Browser, alice: User) -> None:
    sms.trouble = DeliveryError(Reason.OPTED_OUT, code="21610")
    browser.password(alice)
    assert browser.get(VERIFY).url == "/login/choose/"
    page = browser.get("/login/choose/").content.decode()
    assert "Text START to +15005550006" in page


def test_after_start_a_text_on_request_logs_in_and_ends_it(
    stopped: Wire, browser: Browser, alice: User
) -> None:
    browser.password(alice)
    stopped.trouble = None
    browser.post("/login/choose/", {"route": f"sms-{phone(alice).pk}"})
    challenge = Delivery.objects.latest("pk").challenge
    browser.post(VERIFY, {"code": challenge.code_for(challenge.browser)})
    assert browser.signed_in
    assert phone(alice).refuses_until is None


def test_another_sender_has_no_stop_yet(stopped: Wire, root: User, alice: User) -> None:
    stopped.trouble = None
    office = Browser()
    office.password(root)
    challenge = Delivery.objects.get(user=root).challenge
    office.post(VERIFY, {"code": challenge.code_for(challenge.browser)})
    values = {"sms_account_id": AccountPolicy.load().sms_account_id, "enabled": "on"}
    office.post("/admin/mfa/accountpolicy/1/change/", values | {"sms_phone_number": "+15005550009"})
    assert phone(alice).refuses_until is not None
    call_command("sms_account", "confirm")
    assert phone(alice).refuses_until is None


def test_the_administration_shows_who_refuses(stopped: Wire, root: User) -> None:
    stopped.trouble = None
    office = Browser()
    office.password(root)
    challenge = Delivery.objects.get(user=root).challenge
    office.post(VERIFY, {"code": challenge.code_for(challenge.browser)})
    assert "STOP was sent from it" in office.get("/admin/mfa/factor/").content.decode()


# Whom it concerns


@pytest.mark.parametrize(
    ("reason", "code", "most", "told"),
    [
        (Reason.COUNTRY, "21408", 1, ("texts_failing", "21408 GB")),
        (Reason.COUNTRY, "21612", 1, ("texts_failing", "21612 GB")),
        (Reason.UNREGISTERED, "30034", 3, ("texts_failing", "30034 GB")),
        (Reason.TRIAL, "21608", 1, ("texts_failing", "21608")),
        (Reason.CAPPED, "30022", 3, ("texts_failing", "30022")),
        (Reason.NETWORK, "tls", 3, ("texts_failing", "tls")),
        (Reason.PROXY, "proxy", 3, ("texts_failing", "proxy")),
        (Reason.OUR_FAULT, "21617", 1, ("texts_failing", "21617")),
        (Reason.INTERNAL, "", 1, ("texts_failing", "internal")),
        (Reason.REFUSED, "29999", 1, ("texts_failing", "29999")),
        (Reason.HELD, "30450", 1, ("texts_held", "30450 +44770090…")),
    ],
)
def test_administrators_are_told_at_the_count_of_the_table_and_once(
    sms: Wire,
    alice: User,
    *,
    reason: Reason,
    code: str,
    most: int,
    told: tuple[str, str],
) -> None:
    for _ in range(most - 1):
        fail(sms, alice, reason, code)
    assert alerts() == []
    for _ in range(3):
        fail(sms, alice, reason, code)
    assert alerts() == [told]


@pytest.mark.parametrize(
    "reason",
    [
        Reason.UNKNOWN_NUMBER,
        Reason.CANNOT_GET_TEXTS,
        Reason.UNREACHABLE,
        Reason.BLOCKED,
        Reason.OPTED_OUT,
        Reason.BUSY,
        Reason.UNKNOWN,
    ],
)
def test_what_concerns_one_phone_alarms_nobody(sms: Wire, alice: User, reason: Reason) -> None:
    for _ in range(5):
        fail(sms, alice, reason, "30008")
    assert alerts() == []


def test_faults_far_apart_alarm_nobody(
    sms: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    for _ in range(4):
        clock.shift(timedelta(minutes=5, seconds=1))
        fail(sms, alice, Reason.CAPPED, "30022")
    assert alerts() == []


def test_what_may_have_left_counts_for_the_network(sms: Wire, alice: User) -> None:
    sms.trouble = DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code="deadline")
    for _ in range(3):
        text(alice)
    assert alerts() == [("texts_failing", "deadline")]


def test_no_alert_holds_a_number(sms: Wire, alice: User, root: User) -> None:
    fail(sms, alice, Reason.HELD, "30450")
    told = str(AuditEvent.objects.get(event="alerted").details)
    told += str(Delivery.objects.get(message="texts_held").context)
    assert "+447700900201" not in told
    assert "+44770090" in told


def test_our_own_mistake_is_an_error_of_the_log(
    sms: Wire, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    fail(sms, alice, Reason.OUR_FAULT, "21617")
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.name for record in errors] == ["mfa.failures"]


# 30007: one in fifty


def finished(user: User, amount: int) -> None:
    rows = [
        Delivery(
            user=user,
            message="code",
            channel="sms",
            target="+447700900201",
            state=State.SENT,
            created_at=NOON,
            finished_at=NOON,
        )
        for _ in range(amount)
    ]
    Delivery.objects.bulk_create(rows)


@pytest.mark.parametrize(("others", "told"), [(245, []), (244, [("texts_failing", "30007")])])
def test_more_than_two_in_a_hundred_filtered_is_about_us(
    sms: Wire, alice: User, others: int, told: list[tuple[str, str]]
) -> None:
    finished(alice, others)
    for _ in range(5):
        fail(sms, alice, Reason.BLOCKED, "30007")
    assert alerts() == told


def test_four_filtered_texts_say_nothing_yet(sms: Wire, alice: User) -> None:
    for _ in range(4):
        fail(sms, alice, Reason.BLOCKED, "30007")
    assert alerts() == []


# What is not learned from


def test_a_row_that_is_gone_teaches_nothing(db: None) -> None:
    failures.learn(1)
    assert alerts() == []


def test_mails_teach_nothing(sms: Wire, alice: User) -> None:
    sms.trouble = DeliveryError(Reason.OUR_FAULT, code="1")
    with TestCase.captureOnCommitCallbacks(execute=True):
        notice(alice, "email")
    assert alerts() == []
