"""The questions that every channel must answer; one class per channel inherits them.

A subclass gives the fixtures `channel`, `unreachable` (the same channel with nobody at the other
end) and `carried` (lists what arrived), and the two targets.
"""

import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.db import connections
from django.views.debug import ExceptionReporter
from pytest_django import Settings

from mfa.channels.base import Channel, DeliveryError, Message, Progress, Sent
from mfa.models import Reason

TEXT = "Acme Portal: 123456 is your sign-in code.\n\n@portal.example #123456"
CODE = "123456"


@dataclass(frozen=True)
class Carried:
    """One message as it arrived."""

    to: str
    text: str


Arrivals = Callable[[], list[Carried]]


def report(send: Callable[[], object]) -> str:
    """What Django's error mail would say of the fault, local variables included."""
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
    def test_the_text_arrives_as_it_was(
        self, channel: Channel, carried: Arrivals, text: str
    ) -> None:
        channel.send(self.message(text=text))
        assert carried()[0].text == text

    def test_each_receipt_has_an_id_of_its_own(self, channel: Channel) -> None:
        first, second = (channel.send(self.message()) for _ in range(2))
        assert first.provider_id != second.provider_id
        assert 0 < len(first.provider_id) <= 64
        assert first.progress in Progress

    def test_a_refused_target_gets_nothing(self, channel: Channel, carried: Arrivals) -> None:
        error = fault(channel, self.message(self.refused))
        assert error.sent is Sent.NO
        assert error.permanent
        assert error.reason in Reason
        assert carried() == []

    def test_an_error_says_neither_target_nor_text(self, channel: Channel) -> None:
        error = fault(channel, self.message(self.refused))
        said = f"{error} {error!r} {error.args} {error.__dict__}"
        assert self.refused not in said
        assert CODE not in said

    @pytest.mark.parametrize("debug", [False, True])
    def test_an_error_report_says_neither_target_nor_text(
        self, channel: Channel, settings: Settings, *, debug: bool
    ) -> None:
        settings.DEBUG = debug
        said = report(lambda: channel.send(self.message(self.refused)))
        assert "DeliveryError" in said
        assert self.refused not in said
        assert CODE not in said

    def test_an_error_drags_no_other_along(self, channel: Channel) -> None:
        error = fault(channel, self.message(self.refused))
        assert error.__cause__ is None
        assert error.__context__ is None

    def test_logs_say_neither_target_nor_text(
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

    def test_nobody_at_the_other_end_means_not_sent(self, unreachable: Channel) -> None:
        error = fault(unreachable, self.message())
        assert error.sent is Sent.NO
        assert not error.permanent

    def test_a_check_finds_all_good(self, channel: Channel, carried: Arrivals) -> None:
        findings = channel.check()
        assert findings
        assert all(finding.good and finding.text for finding in findings)
        assert carried() == []

    def test_a_check_fails_where_nobody_is(self, unreachable: Channel) -> None:
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
