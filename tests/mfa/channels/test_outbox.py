"""The demo's channel and mail backend."""

import pytest
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from pytest_django import Settings

from mfa.channels.base import Channel, Message, Progress, Sent
from mfa.channels.outbox import FAILURES, KEPT, EmailBackend, OutboxChannel, keep
from mfa.channels.twilio.errors import FAULTS
from mfa.models import OutboxMessage, Reason
from tests.mfa.channels.contract import Arrivals, Carried, ChannelContract, fault

pytestmark = pytest.mark.django_db


class TestOutboxChannel(ChannelContract):
    target = "+447700900123"
    refused = "+447700900000"

    @pytest.fixture
    def channel(self) -> Channel:
        return OutboxChannel()

    @pytest.fixture
    def carried(self) -> Arrivals:
        return lambda: [Carried(kept.target, kept.body) for kept in OutboxMessage.objects.all()]

    # There is no server that could be unreachable.
    test_unreachable_server_means_not_sent = None
    test_check_fails_without_server = None


FAILING = [
    ("+447700900000", Reason.UNKNOWN_NUMBER, True),
    ("+447700900001", Reason.CANNOT_GET_TEXTS, True),
    ("+447700900002", Reason.UNREACHABLE, False),
    ("+447700900003", Reason.BLOCKED, True),
    ("+447700900004", Reason.OPTED_OUT, True),
    ("+447700900005", Reason.COUNTRY, True),
    ("+447700900006", Reason.TRIAL, True),
    ("+447700900007", Reason.CREDENTIALS, True),
    ("+447700900008", Reason.BUSY, False),
    ("+447700900009", Reason.NETWORK, False),
]


@pytest.mark.parametrize(("number", "reason", "permanent"), FAILING)
def test_test_numbers_fail(number: str, reason: Reason, *, permanent: bool) -> None:
    error = fault(OutboxChannel(), Message(number, "123456"))
    assert (error.reason, error.permanent) == (reason, permanent)


def test_table_of_failures_is_complete() -> None:
    assert list(FAILURES) == [number for number, *_ in FAILING]


def test_each_failure_is_one_of_twilio() -> None:
    known = {(fault.reason, fault.permanent) for fault in FAULTS.values()}
    told = {(each.reason, each.permanent) for each in FAILURES.values() if not each.code}
    assert told <= known


def test_last_test_number_gets_message_despite_failure() -> None:
    error = fault(OutboxChannel(), Message("+447700900009", "123456"))
    assert error.sent is Sent.MAYBE
    assert OutboxMessage.objects.get().body == "123456"


def test_text_kept_by_demo_counts_as_delivered() -> None:
    receipt = OutboxChannel().send(Message("+447700900123", "123456"))
    assert receipt.progress is Progress.DELIVERED


def test_only_the_newest_are_kept() -> None:
    rows = [OutboxMessage(channel="sms", target="old", body=str(n)) for n in range(KEPT)]
    OutboxMessage.objects.bulk_create(rows)
    keep("sms", "new", body="x")
    assert OutboxMessage.objects.count() == KEPT
    assert OutboxMessage.objects.first().target == "new"
    assert not OutboxMessage.objects.filter(body="0").exists()


def test_mail_is_kept_for_each_recipient(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "mfa.channels.outbox.EmailBackend"
    mail = EmailMultiAlternatives("Subject " * 50, "text", to=["a@example.org"], bcc=["b@x.org"])
    assert get_connection().send_messages([mail]) == 1
    kept = OutboxMessage.objects.order_by("pk").values_list("channel", "target", "body")
    assert list(kept) == [("email", "a@example.org", "text"), ("email", "b@x.org", "text")]


def test_mail_with_broken_header_is_not_kept() -> None:
    mail = EmailMultiAlternatives("a\nBcc: b@example.org", "text", to=["a@example.org"])
    with pytest.raises(BadHeaderError):
        EmailBackend().send_messages([mail])
    assert not OutboxMessage.objects.exists()
