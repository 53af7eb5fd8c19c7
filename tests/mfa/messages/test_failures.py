"""What a failed text shows about its number, and who is alerted."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import TestCase

from accounts.models import User
from mfa.channels.base import DeliveryError, Progress, Sent
from mfa.messages import failures
from mfa.models import AuditEvent, Delivery, Factor, Reason, SmsAccount
from tests.conftest import NOON
from tests.mfa.messages.test_circuit import text
from tests.mfa.messages.wires import Wire, notice, sms
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


def test_three_unreachable_texts_in_a_day_make_number_doubtful(
    sms: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    for _ in range(2):
        fail(sms, alice, Reason.UNREACHABLE, "30003")
        clock.shift(timedelta(hours=11))
    assert phone(alice).doubtful_since is None
    fail(sms, alice, Reason.UNREACHABLE, "30003")
    assert phone(alice).doubtful_since == NOON + timedelta(hours=22)


def test_three_unreachable_texts_in_more_than_a_day_do_not(
    sms: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        clock.shift(timedelta(hours=12, minutes=1))
        fail(sms, alice, Reason.UNREACHABLE, "30003")
    assert phone(alice).doubtful_since is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Reason.UNKNOWN_NUMBER, Reason.UNKNOWN_NUMBER),
        (Reason.CANNOT_GET_TEXTS, Reason.CANNOT_GET_TEXTS),
        (Reason.UNKNOWN_NUMBER, Reason.CANNOT_GET_TEXTS),
    ],
)
def test_two_unknown_number_faults_in_a_row_make_number_doubtful(
    sms: Wire, alice: User, first: Reason, second: Reason
) -> None:
    fail(sms, alice, first)
    assert phone(alice).doubtful_since is None
    fail(sms, alice, second)
    assert phone(alice).doubtful_since == NOON


def test_delivered_text_in_between_prevents_doubt(sms: Wire, alice: User) -> None:
    fail(sms, alice, Reason.UNKNOWN_NUMBER, "30005")
    arrive(sms, alice)
    fail(sms, alice, Reason.UNKNOWN_NUMBER, "30005")
    assert phone(alice).doubtful_since is None


def test_other_persons_phone_is_not_doubtful(sms: Wire, alice: User, charlie: User) -> None:
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


def test_doubtful_phone_is_shown_on_code_page_and_my_details(
    doubtful: Browser, alice: User
) -> None:
    words = "Texts to this number have failed several times."
    assert words in doubtful.get(VERIFY).content.decode()
    Factor.objects.update(doubtful_since=None)
    other = Browser()
    other.log_in(alice)
    Factor.objects.update(doubtful_since=NOON)
    assert "Several texts to this number failed." in other.get("/me/").content.decode()


def test_admin_shows_doubtful_phone(doubtful: Browser, root: User) -> None:
    Factor.objects.filter(user=root).update(doubtful_since=None)
    office = Browser()
    office.log_in(root)
    assert (
        "Texts to it have failed several times" in office.get("/admin/mfa/factor/").content.decode()
    )


def test_right_answer_clears_stored_value(doubtful: Browser, alice: User) -> None:
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


def test_stop_is_remembered_for_thirty_days(
    stopped: Wire, browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    assert phone(alice).refuses_until == NOON + timedelta(days=30)
    sent = len(stopped.carried)
    assert browser.password(alice).url == "/login/choose/"
    assert len(stopped.carried) == sent, "no text is tried by itself"
    clock.shift(timedelta(days=30))
    assert Browser().password(alice).url == VERIFY
    assert len(stopped.carried) == sent + 1


def test_page_shows_number_that_takes_start(stopped: Wire, browser: Browser, alice: User) -> None:
    browser.password(alice)
    page = browser.get("/login/choose/").content.decode()
    assert "Text START to +15005550006, then send the code again." in page
    assert page.index('value="email"') < page.index('value="sms-')


def test_page_names_no_number_for_messaging_service(
    stopped: Wire, browser: Browser, alice: User
) -> None:
    SmsAccount.note(phone_number="MG" + "0" * 32)
    browser.password(alice)
    page = browser.get("/login/choose/").content.decode()
    assert "Reply START to one of our texts" in page


def test_stop_during_login_is_explained_the_same_way(
    sms: Wire, browser: Browser, alice: User
) -> None:
    sms.trouble = DeliveryError(Reason.OPTED_OUT, code="21610")
    browser.password(alice)
    assert browser.get(VERIFY).url == "/login/choose/"
    page = browser.get("/login/choose/").content.decode()
    assert "Text START to +15005550006" in page


def test_requested_text_after_start_logs_in_and_clears_stop(
    stopped: Wire, browser: Browser, alice: User
) -> None:
    browser.password(alice)
    stopped.trouble = None
    browser.post("/login/choose/", {"route": f"sms-{phone(alice).pk}"})
    challenge = Delivery.objects.latest("pk").challenge
    browser.post(VERIFY, {"code": challenge.code_for(challenge.browser)})
    assert browser.signed_in
    assert phone(alice).refuses_until is None


def test_new_sender_clears_stop(stopped: Wire, root: User, alice: User) -> None:
    stopped.trouble = None
    office = Browser()
    office.password(root)
    challenge = Delivery.objects.get(user=root).challenge
    office.post(VERIFY, {"code": challenge.code_for(challenge.browser)})
    values = {"sms_account_id": SmsAccount.load().account_id, "enabled": "on"}
    office.post("/admin/mfa/accountpolicy/1/change/", values | {"sms_phone_number": "+15005550009"})
    assert phone(alice).refuses_until is not None
    call_command("sms_account", "confirm")
    assert phone(alice).refuses_until is None


def test_admin_shows_phone_that_blocks_texts(stopped: Wire, root: User) -> None:
    stopped.trouble = None
    office = Browser()
    office.password(root)
    challenge = Delivery.objects.get(user=root).challenge
    office.post(VERIFY, {"code": challenge.code_for(challenge.browser)})
    assert "someone replied STOP" in office.get("/admin/mfa/factor/").content.decode()


# Alerts


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
def test_administrators_are_alerted_once_at_listed_count(
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
def test_fault_of_one_phone_causes_no_alert(sms: Wire, alice: User, reason: Reason) -> None:
    for _ in range(5):
        fail(sms, alice, reason, "30008")
    assert alerts() == []


def test_faults_far_apart_cause_no_alert(
    sms: Wire, alice: User, clock: time_machine.Traveller
) -> None:
    for _ in range(4):
        clock.shift(timedelta(minutes=5, seconds=1))
        fail(sms, alice, Reason.CAPPED, "30022")
    assert alerts() == []


def test_maybe_sent_counts_as_network_fault(sms: Wire, alice: User) -> None:
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


def test_own_mistake_is_logged_as_error(
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
def test_more_than_two_percent_filtered_causes_alert(
    sms: Wire, alice: User, others: int, told: list[tuple[str, str]]
) -> None:
    finished(alice, others)
    for _ in range(5):
        fail(sms, alice, Reason.FILTERED, "30007")
    assert alerts() == told


def test_four_filtered_texts_cause_no_alert(sms: Wire, alice: User) -> None:
    for _ in range(4):
        fail(sms, alice, Reason.FILTERED, "30007")
    assert alerts() == []


# Not used


def test_deleted_row_is_ignored(db: None) -> None:
    failures.learn(1)
    assert alerts() == []


def test_emails_are_ignored(sms: Wire, alice: User) -> None:
    sms.trouble = DeliveryError(Reason.OUR_FAULT, code="1")
    with TestCase.captureOnCommitCallbacks(execute=True):
        notice(alice, "email")
    assert alerts() == []
