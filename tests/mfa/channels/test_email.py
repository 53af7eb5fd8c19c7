"""The email channel, against a real SMTP server."""

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from mfa.channels.base import Channel, DeliveryError, Message, Progress, Sent
from mfa.channels.email import EmailChannel
from mfa.models import OutboxMessage, Reason
from tests.mfa.channels.contract import Arrivals, Carried, ChannelContract, fault
from tests.mfa.channels.mail_server import Mailbox, serving
from tests.twilio_endpoint.certificates import Authority

ALICE = "alice@example.org"


@pytest.fixture
def smtp(settings: Settings) -> Settings:
    """Django's SMTP backend with a closed port."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_TIMEOUT = 0.5
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.EMAIL_PORT = free.getsockname()[1]
    return settings


@pytest.fixture
def mailbox(smtp: Settings) -> Iterator[Mailbox]:
    mailbox = Mailbox()
    with serving(mailbox) as smtp.EMAIL_PORT:
        yield mailbox


class TestEmailChannel(ChannelContract):
    target = ALICE
    refused = "nobody.here@example.org"

    @pytest.fixture
    def channel(self, mailbox: Mailbox) -> Channel:
        return EmailChannel()

    @pytest.fixture
    def unreachable(self, smtp: Settings) -> Channel:
        return EmailChannel()

    @pytest.fixture
    def carried(self, mailbox: Mailbox) -> Arrivals:
        return lambda: [
            Carried(mail["To"], "\n".join(mail.get_content().splitlines()))
            for mail in mailbox.mails
        ]


def test_mail_has_both_parts_and_asks_for_no_answer(mailbox: Mailbox) -> None:
    receipt = EmailChannel().send(Message(ALICE, "plain", subject="Hi", html="<p>rich</p>"))
    mail = mailbox.mails[0]
    assert mail["Subject"] == "Hi"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("html",)).get_content().strip() == "<p>rich</p>"
    assert mail["Message-ID"] == f"<{receipt.provider_id}@testserver>"
    assert receipt.progress is Progress.ACCEPTED
    assert mailbox.recipients == [[ALICE]]


REFUSED = [
    ("MAIL", "550 not you", Reason.SENDER, True),
    ("MAIL", "451 later", Reason.BUSY, False),
    ("RCPT", "550 unknown", Reason.REFUSED, True),
    ("RCPT", "450 grey", Reason.BUSY, False),
    ("RCPT", "421 closing", Reason.BUSY, False),
    ("DATA", "554 spam", Reason.REFUSED, True),
    ("DATA", "452 full", Reason.BUSY, False),
]


@pytest.mark.parametrize(("command", "answer", "reason", "permanent"), REFUSED)
def test_refused_mail_is_not_sent(
    mailbox: Mailbox, command: str, answer: str, *, reason: Reason, permanent: bool
) -> None:
    mailbox.answers[command] = answer
    error = fault(EmailChannel(), Message(ALICE, "123456"))
    assert (error.sent, error.code) == (Sent.NO, answer[:3])
    assert (error.reason, error.permanent) == (reason, permanent)
    assert mailbox.mails == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_connection_broken_later_means_maybe_sent(mailbox: Mailbox, command: str) -> None:
    mailbox.hang_up_at = command
    error = fault(EmailChannel(), Message(ALICE, "123456"))
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.MAYBE, "cut")


@pytest.mark.parametrize(
    "message",
    [
        Message(ALICE, "x", subject="Hi\nBcc: mallory@example.org"),
        Message(ALICE, "x", subject="Hi\r\nBcc: mallory@example.org"),
        Message(f"{ALICE}\nBcc: mallory@example.org", "x"),
        Message(f"{ALICE}, mallory@example.org", "x"),
        Message("", "x"),
    ],
)
def test_header_or_recipient_cannot_be_injected(mailbox: Mailbox, message: Message) -> None:
    error = fault(EmailChannel(), message)
    assert (error.reason, error.sent) == (Reason.INTERNAL, Sent.NO)
    assert mailbox.mails == []


@pytest.mark.parametrize(
    "sender",
    ["Acme, Inc. <a@example.com>", "Acme [prod] <a@example.com>", "a@b.example, c@d.example"],
)
def test_invalid_sender_is_reported(mailbox: Mailbox, smtp: Settings, sender: str) -> None:
    smtp.DEFAULT_FROM_EMAIL = sender
    channel = EmailChannel()
    with pytest.raises(DeliveryError) as refused:
        channel.send(Message(to="ben@example.org", subject="Hello", text="Hello"))
    assert refused.value.reason == Reason.SENDER
    assert "DEFAULT_FROM_EMAIL" in channel.explain(refused.value.reason)
    assert mailbox.mails == []


def test_missing_local_file_is_not_a_network_fault(
    mailbox: Mailbox, smtp: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    smtp.EMAIL_USE_TLS, smtp.EMAIL_SSL_CERTFILE = True, "/nowhere/client.pem"
    error = fault(EmailChannel(), Message(ALICE, "123456"))
    assert (error.reason, error.sent, error.code) == (Reason.INTERNAL, Sent.NO, "")
    assert "builtins.FileNotFoundError, raised at" in caplog.text
    assert EmailChannel().explain(error.reason) == (
        "An error in the portal stopped the message. The log has the details."
    )


def test_unknown_host_is_fault_of_dns(smtp: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    error = fault(EmailChannel(), Message(ALICE, "x"))
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.NO, "dns")


@pytest.fixture
def silent(smtp: Settings) -> Iterator[None]:
    """A server that listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        smtp.EMAIL_PORT = silent.getsockname()[1]
        yield


@pytest.mark.usefixtures("silent")
def test_silent_server_means_not_sent() -> None:
    error = fault(EmailChannel(), Message(ALICE, "x"))
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.NO, "deadline")


def test_untrusted_certificate_means_not_sent(smtp: Settings, authority: Authority) -> None:
    smtp.EMAIL_USE_SSL = True
    with socket.create_server(("127.0.0.1", 0)) as listening:
        smtp.EMAIL_PORT = listening.getsockname()[1]
        threading.Thread(target=_shake_hands, args=(listening, authority)).start()
        error = fault(EmailChannel(), Message(ALICE, "x"))
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.NO, "tls")


def _shake_hands(listening: socket.socket, authority: Authority) -> None:
    plain, _address = listening.accept()
    with plain, pytest.raises(ssl.SSLError):
        authority.server_context().wrap_socket(plain, server_side=True)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_wrong_login_is_fault_of_credentials(smtp: Settings) -> None:
    smtp.EMAIL_HOST_USER, smtp.EMAIL_HOST_PASSWORD = "portal", "secret"
    with serving(Mailbox(), logins=True) as smtp.EMAIL_PORT:
        error = fault(EmailChannel(), Message(ALICE, "x"))
    assert (error.reason, error.sent, error.code) == (Reason.CREDENTIALS, Sent.NO, "535")


def test_server_without_logins_gets_no_mail(mailbox: Mailbox, smtp: Settings) -> None:
    smtp.EMAIL_HOST_USER, smtp.EMAIL_HOST_PASSWORD = "portal", "secret"
    error = fault(EmailChannel(), Message(ALICE, "x"))
    assert (error.reason, error.sent, error.permanent) == (Reason.REFUSED, Sent.NO, True)
    assert mailbox.mails == []


def test_mail_server_fault_does_not_mention_texts(smtp: Settings) -> None:
    smtp.EMAIL_PORT = 1
    channel = EmailChannel()
    error = fault(channel, Message(ALICE, "x"))
    words = "The mail server in EMAIL_URL did not respond."
    assert channel.explain(error.reason) == words
    assert channel.explain(error.reason, error.code) == f"{words} (connect)"


@pytest.mark.django_db
def test_demo_keeps_emails(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "mfa.channels.outbox.EmailBackend"
    EmailChannel().send(Message(ALICE, "text", subject="Hi"))
    assert EmailChannel().check()[0].good
    assert OutboxMessage.objects.get().target == ALICE
