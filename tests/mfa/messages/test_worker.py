"""The worker: a message is sent once, and never repeated if its result is unknown."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.core import serializers

from accounts.models import User
from mfa.channels.base import DeliveryError, Progress, Sent
from mfa.messages import queue as deliveries, worker
from mfa.models import Challenge, Delivery, Factor, Reason
from tests.conftest import NOON
from tests.mfa.messages.wires import PHONE, State, Wire
from tests.portal_client import Browser, code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize(
    ("progress", "state"),
    [
        (Progress.ACCEPTED, State.ACCEPTED),
        (Progress.SENT, State.SENT),
        (Progress.DELIVERED, State.DELIVERED),
    ],
)
def test_sent_row_stores_progress(
    sms: Wire, row: Delivery, progress: Progress, state: State
) -> None:
    sms.progress = progress
    worker.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.provider_id, row.reason) == (state, "provider's id", "")
    assert (row.claimed_at, row.finished_at) == (NOON, NOON)


def test_second_worker_sends_nothing(sms: Wire, row: Delivery) -> None:
    worker.deliver(row.pk)
    worker.deliver(row.pk)
    assert len(sms.carried) == 1


@pytest.mark.parametrize("state", [state for state in State if state != State.QUEUED])
def test_only_queued_row_is_sent(sms: Wire, row: Delivery, state: State) -> None:
    Delivery.objects.update(state=state)
    worker.deliver(row.pk)
    row.refresh_from_db()
    assert (sms.carried, row.state) == ([], state)


def test_deleted_row_is_ignored(sms: Wire) -> None:
    worker.deliver(4711)
    assert not sms.carried


def test_row_is_claimed_before_sending(sms: Wire, row: Delivery) -> None:
    seen: list[str] = []
    sms.meanwhile = lambda: seen.append(Delivery.objects.get(pk=row.pk).state)
    worker.deliver(row.pk)
    assert seen == [State.SENDING]


def test_late_worker_does_not_reopen_row(sms: Wire, row: Delivery) -> None:
    sms.meanwhile = lambda: Delivery.objects.update(state=State.MAYBE)
    worker.deliver(row.pk)
    row.refresh_from_db()
    assert row.state == State.MAYBE


# Trouble
def test_refused_message_is_failed(sms: Wire, row: Delivery) -> None:
    sms.trouble = DeliveryError(Reason.UNREACHABLE, code="30003")
    worker.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.code) == (State.FAILED, Reason.UNREACHABLE, "30003")
    assert (row.provider_id, row.finished_at) == ("", NOON)


def test_unknown_result_is_maybe_sent(sms: Wire, row: Delivery) -> None:
    sms.trouble = DeliveryError(Reason.NETWORK, sent=Sent.MAYBE, code="cut")
    worker.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.code) == (State.MAYBE, Reason.NETWORK, "cut")


@pytest.mark.parametrize("sent", Sent)
def test_failed_and_maybe_sent_are_not_repeated(
    sms: Wire, row: Delivery, clock: time_machine.Traveller, sent: Sent
) -> None:
    sms.trouble = DeliveryError(Reason.NETWORK, sent=sent)
    worker.deliver(row.pk)
    clock.shift(timedelta(minutes=5))
    deliveries.sweep()
    worker.deliver(row.pk)
    assert len(sms.carried) == 1


def test_log_has_reason_but_no_number_or_code(
    sms: Wire, row: Delivery, question: Challenge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sms.trouble = DeliveryError(Reason.UNREACHABLE)
    worker.deliver(row.pk)
    told = [record.getMessage() for record in caplog.records if record.name == "mfa.deliveries"]
    assert told == [f"delivery {row.pk} by sms: failed unreachable"]
    assert PHONE not in caplog.text
    assert question.code_for(question.browser) not in caplog.text


def test_no_column_ever_holds_the_code(sms: Wire, row: Delivery, question: Challenge) -> None:
    worker.deliver(row.pk)
    dump = serializers.serialize("json", Delivery.objects.all())
    assert question.code_for(question.browser) not in dump


def test_provider_failure_does_not_log_in_or_show_details(
    sms: Wire, browser: Browser, alice: User
) -> None:
    sms.trouble = DeliveryError(Reason.UNREACHABLE, code="30003")
    browser.password(alice)
    page = browser.get("/login/verify/").content.decode()
    assert "the phone is off or has no signal" in page
    assert "30003" not in page
    assert not browser.signed_in


def test_after_a_failed_text_the_code_comes_by_email(browser: Browser, alice: User) -> None:
    Factor.objects.update(target="+447700900002")
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post("/login/verify/", {"code": code(alice.email)})
    assert browser.signed_in
