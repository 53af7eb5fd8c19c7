"""Errors in the portal between claim and send are reported as our own, never the network's.

Texts go through the real SDK to the TLS endpoint, emails to a real SMTP server.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from time import monotonic

import pytest
from django.test import TestCase
from pytest_django import Settings

from accounts.models import User
from mfa import challenges, channels
from mfa.challenges import Target
from mfa.channels import lines
from mfa.channels.base import Message, Sent
from mfa.channels.twilio import TwilioChannel, send
from mfa.client import Client
from mfa.messages import worker
from mfa.models import Delivery, Reason
from mfa.rules.routes import Purpose
from tests.mfa.channels.contract import fault
from tests.mfa.channels.mail_server import Mailbox, serving
from tests.twilio_endpoint.answers import record
from tests.twilio_endpoint.endpoint import Endpoint

pytestmark = pytest.mark.django_db

PHONE, MAIL = "+447700900201", "alice@example.org"
TARGETS = {"sms": PHONE, "email": MAIL}
TEMPLATES = {"sms": "messages/sms/code.txt", "email": "emails/code/body.html"}
MESSAGE = Message(PHONE, "123456 is your code", life_seconds=600)
Break = Callable[[Settings, Path, str], None]


@pytest.fixture
def wired(settings: Settings, straight: None) -> object:
    """Both channels as in production: Twilio's over TLS, and SMTP."""
    settings.MFA_CHANNELS = {
        "sms": {"BACKEND": "mfa.channels.twilio.TwilioChannel", "OPTIONS": {}},
        "email": {"BACKEND": "mfa.channels.email.EmailChannel", "OPTIONS": {}},
    }
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 2
    mailbox = Mailbox()
    with serving(mailbox) as settings.EMAIL_PORT:
        yield mailbox


def break_template(settings: Settings, folder: Path, channel: str) -> None:
    broken = folder / TEMPLATES[channel]
    broken.parent.mkdir(parents=True)
    broken.write_text("{{ code }} {% no_such_tag %}")
    engines = deepcopy(settings.TEMPLATES)
    engines[0]["DIRS"] = [folder, *engines[0]["DIRS"]]
    settings.TEMPLATES = engines


def fill_template(settings: Settings, folder: Path, channel: str) -> None:
    break_template(settings, folder, channel)
    (folder / TEMPLATES[channel]).write_text("{% include code %}")


def lose_setting(settings: Settings, _folder: Path, _channel: str) -> None:
    del settings.HOST


def lose_channel(settings: Settings, _folder: Path, channel: str) -> None:
    settings.MFA_CHANNELS = {
        **settings.MFA_CHANNELS,
        channel: {"BACKEND": "mfa.channels.nowhere.Channel", "OPTIONS": {}},
    }


def lose_sender(settings: Settings, _folder: Path, channel: str) -> None:
    # What each channel itself reads: where receipts go, and who sends.
    delattr(settings, {"sms": "HTTPS", "email": "DEFAULT_FROM_EMAIL"}[channel])


def queued(user: User, channel: str) -> Delivery:
    target = Target(channel=channel, address=TARGETS[channel])
    challenge = challenges.issue(
        user, target, purpose=Purpose.LOGIN, nonce=channel, client=Client("", "")
    )
    return challenge.deliveries.get()


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize(
    "break_it", [break_template, fill_template, lose_setting, lose_channel, lose_sender]
)
def test_error_before_sending_is_a_fault_of_the_portal(
    wired: Mailbox,
    settings: Settings,
    tmp_path: Path,
    alice: User,
    *,
    endpoint: Endpoint,
    caplog: pytest.LogCaptureFixture,
    break_it: Break,
    channel: str,
) -> None:
    row = queued(alice, channel)
    break_it(settings, tmp_path, channel)
    worker.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.code) == (Delivery.State.FAILED, Reason.INTERNAL, "")
    assert row.finished_at
    assert (endpoint.messages, wired.mails) == ([], [])
    assert row.get_reason_display() == "an error in the portal stopped the message"
    told = [each for each in caplog.records if each.levelname == "ERROR"]
    assert told
    assert re.search(r"raised at\n  .*\.py:\d+ in \w+", told[0].getMessage())
    code = row.challenge.code_for(row.challenge.browser)
    assert not any(secret in caplog.text for secret in (code, PHONE, MAIL))


def test_same_message_is_sent_without_error(
    wired: Mailbox, endpoint: Endpoint, alice: User
) -> None:
    rows = [queued(alice, channel) for channel in TARGETS]
    for row in rows:
        worker.deliver(row.pk)
        row.refresh_from_db()
        assert (row.state, row.reason) == (Delivery.State.ACCEPTED, "")
    assert (len(endpoint.messages), len(wired.mails)) == (1, 1)


def test_administrators_are_alerted_about_own_fault(
    wired: Mailbox, settings: Settings, tmp_path: Path, alice: User, root: User
) -> None:
    row = queued(alice, "sms")
    break_template(settings, tmp_path, "sms")
    with TestCase.captureOnCommitCallbacks(execute=True):
        worker.deliver(row.pk)
    (mail,) = wired.mails
    assert "An error in the portal stopped the message" in mail.get_body(("plain",)).get_content()


def bug(*_args: object, **_kwargs: object) -> None:
    """Raise an exception with a secret in its text."""
    msg = f"cannot encode {PHONE} 123456"
    raise RuntimeError(msg)


def test_bug_before_sending_does_not_wait_for_deadline(
    direct: TwilioChannel,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It fails in the thread that makes the call."""
    monkeypatch.setattr(lines.Call, "leave", bug)
    started = monotonic()
    error = fault(direct, MESSAGE)
    assert monotonic() - started < 2
    assert (error.reason, error.sent, error.permanent) == (Reason.INTERNAL, Sent.NO, True)
    assert "builtins.RuntimeError, raised at" in caplog.text
    assert not any(secret in caplog.text for secret in (PHONE, "123456"))
    assert endpoint.messages == []


def test_bug_after_answer_means_maybe_sent(
    direct: TwilioChannel,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(send, "PROGRESS", None)
    error = fault(direct, MESSAGE)
    assert (error.reason, error.sent) == (Reason.INTERNAL, Sent.MAYBE)
    assert "in _receipt" in caplog.text
    assert len(endpoint.messages) == 1


def test_unreadable_answer_is_reported_as_garbled_and_logged(
    direct: TwilioChannel, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.answer_next(record([PHONE, "123456"], 201))
    error = fault(direct, MESSAGE)
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.MAYBE, "garbled")
    (told,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert told.startswith("the SDK could not read an answer: ")


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "much", None, {}])
def test_unusual_balance_is_not_a_fault(
    direct: TwilioChannel, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, amount: object
) -> None:
    monkeypatch.setattr(endpoint.account, "balance", amount)
    assert all(finding.good for finding in direct.check())


def test_full_disk_is_not_a_network_fault(
    direct: TwilioChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("socket.socket.connect", full)
    error = fault(direct, MESSAGE)
    assert (error.reason, error.sent) == (Reason.INTERNAL, Sent.NO)


def test_every_channel_explains_own_fault(wired: Mailbox) -> None:
    words = {channels.get(name).explain(Reason.INTERNAL) for name in TARGETS}
    assert words == {"An error in the portal stopped the message. The log has the details."}
