"""The contract of every channel. One test class per channel inherits it.

A subclass gives the fixtures `channel`, `unreachable` (the same channel without a server) and
`carried` (lists what arrived), and the two targets. A provider of texts inherits `ProviderContract`
and also gives `posted` (its report about a text that arrived).
"""

import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.urls import reverse
from django.views.debug import ExceptionReporter
from pytest_django import Settings

from mfa.channels.base import (
    Channel,
    DeliveryError,
    Message,
    Progress,
    Sent,
    UnsignedError,
)
from mfa.models import Reason

TEXT = "Acme Portal: 123456 is your sign-in code.\n\n@portal.example #123456"
CODE = "123456"


@dataclass(frozen=True)
class Carried:
    """One message as received."""

    to: str
    text: str


Arrivals = Callable[[], list[Carried]]
# The body and headers of a receipt, by the name that the text was sent with
Posted = Callable[[UUID], tuple[bytes, dict[str, str]]]


def report(send: Callable[[], object]) -> str:
    """Return Django's error report of the fault, with local variables."""
    try:
        send()
    except DeliveryError:
        reporter = ExceptionReporter(None, *sys.exc_info())
        return reporter.get_traceback_html() + reporter.get_traceback_text()
    pytest.fail("did not fail")


def fault(channel: Channel, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(message)
    return caught.value


@pytest.mark.django_db
class ChannelContract:
    target: str
    refused: str

    def message(self, to: str = "", text: str = TEXT) -> Message:
        return Message(to or self.target, text, subject="Your code", life_seconds=600)

    def test_one_send_carries_one_message(self, channel: Channel, carried: Arrivals) -> None:
        channel.send(self.message())
        assert carried() == [Carried(self.target, TEXT)]

    @pytest.mark.parametrize(
        "text", ["{code} ~ [€]", "žluťoučký kůň", "a+b&c=d%20;é", "line\nline"]
    )
    def test_text_arrives_unchanged(self, channel: Channel, carried: Arrivals, text: str) -> None:
        channel.send(self.message(text=text))
        assert carried()[0].text == text

    def test_each_receipt_has_its_own_id(self, channel: Channel) -> None:
        first, second = (channel.send(self.message()) for _ in range(2))
        assert first.provider_id != second.provider_id
        assert 0 < len(first.provider_id) <= 64
        assert first.progress in Progress

    def test_refused_target_gets_nothing(self, channel: Channel, carried: Arrivals) -> None:
        error = fault(channel, self.message(self.refused))
        assert error.sent is Sent.NO
        assert error.permanent
        assert error.reason in Reason
        assert carried() == []

    def test_error_contains_neither_target_nor_text(self, channel: Channel) -> None:
        error = fault(channel, self.message(self.refused))
        said = f"{error} {error!r} {error.args} {error.__dict__}"
        assert self.refused not in said
        assert CODE not in said

    @pytest.mark.parametrize("debug", [False, True])
    def test_error_report_contains_neither_target_nor_text(
        self, channel: Channel, settings: Settings, *, debug: bool
    ) -> None:
        settings.DEBUG = debug
        said = report(lambda: channel.send(self.message(self.refused)))
        assert "DeliveryError" in said
        assert self.refused not in said
        assert CODE not in said

    def test_error_has_no_cause(self, channel: Channel) -> None:
        error = fault(channel, self.message(self.refused))
        assert error.__cause__ is None
        assert error.__context__ is None

    def test_logs_contain_neither_target_nor_text(
        self, channel: Channel, caplog: pytest.LogCaptureFixture
    ) -> None:
        for name in ("", "twilio", "urllib3", "mfa"):
            caplog.set_level(logging.DEBUG, logger=name or None)
        channel.send(self.message())
        fault(channel, self.message(self.refused))
        said = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
        assert self.target not in said
        assert self.refused not in said
        assert CODE not in said

    def test_unreachable_server_means_not_sent(self, unreachable: Channel) -> None:
        error = fault(unreachable, self.message())
        assert error.sent is Sent.NO
        assert not error.permanent

    def test_check_succeeds(self, channel: Channel, carried: Arrivals) -> None:
        findings = channel.check()
        assert findings
        assert all(finding.good and finding.text for finding in findings)
        assert carried() == []

    def test_check_fails_without_server(self, unreachable: Channel) -> None:
        with pytest.raises(DeliveryError):
            unreachable.check()

    def test_every_reason_is_explained(self, channel: Channel) -> None:
        assert all(channel.explain(reason) for reason in Reason)
        assert all(channel.explain(reason, "12345") for reason in Reason)

    @pytest.mark.django_db(transaction=True)
    def test_threads_share_a_channel(self, channel: Channel, carried: Arrivals) -> None:
        texts = [f"number {number}" for number in range(12)]

        def send(text: str) -> None:
            channel.send(self.message(text=text))
            connections.close_all()

        with ThreadPoolExecutor(6) as threads:
            list(threads.map(send, texts))
        assert sorted(message.text for message in carried()) == sorted(texts)


class ProviderContract(ChannelContract):
    """Additional contract of a provider of texts."""

    def test_signed_receipt_is_read(self, channel: Channel, posted: Posted) -> None:
        name = uuid4()
        tidings = channel.read_receipt(name, *posted(name)).tidings
        assert tidings is not None
        assert (tidings.progress, tidings.reason) == (Progress.DELIVERED, None)
        assert self.target.startswith(tidings.to)
        assert 0 < len(tidings.provider_id) <= 64

    def test_receipt_without_signature_is_refused(self, channel: Channel, posted: Posted) -> None:
        name = uuid4()
        body, _headers = posted(name)
        with pytest.raises(UnsignedError):
            channel.read_receipt(name, body, {})

    def test_signature_is_valid_for_one_text(self, channel: Channel, posted: Posted) -> None:
        with pytest.raises(UnsignedError):
            channel.read_receipt(uuid4(), *posted(uuid4()))

    def test_receipts_have_an_address(self, channel: Channel) -> None:
        name = uuid4()
        address = reverse("mfa:receipt", args=[channel.provider, name])
        assert address == f"/hooks/{channel.provider}/{name}/"

    def test_account_is_explained(self, channel: Channel) -> None:
        words = channel.account_words
        assert words.about
        assert words.account_id
        assert words.auth_token
        assert words.phone_number
        assert words.steps
        assert bool(words.costs) == bool(words.costs_url)

    def test_account_id_is_validated(self, channel: Channel) -> None:
        assert channel.refuse_account_id("none of this provider's")
