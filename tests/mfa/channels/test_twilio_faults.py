"""Connection faults: Twilio is asked once, never again, and the result is known or open."""

import socket
import threading
from time import monotonic, sleep

import pytest

from mfa.channels.base import Message, Sent
from mfa.channels.lines import CALLING
from mfa.channels.twilio import TwilioChannel
from mfa.models import Reason, SitePolicy
from tests.mfa.channels.contract import fault
from tests.twilio_endpoint.answers import (
    HTML,
    NONSENSE,
    REDIRECT,
    Answer,
    Cut,
    Flood,
    Page,
    Reset,
    Silence,
    Trickle,
    record,
)
from tests.twilio_endpoint.certificates import Authority
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.proxy import Mood, Proxy

pytestmark = pytest.mark.django_db
MESSAGE = Message("+447700900123", "123456")


def ended() -> list[threading.Thread]:
    """The threads of calls, after time to end."""
    threads = [thread for thread in threading.enumerate() if thread.name == CALLING]
    for thread in threads:
        thread.join(3)
    return threads


SLOW = [Silence(), Trickle(), Trickle(headers=True)]
OPEN = [
    (Reset(), Reason.NETWORK, "cut"),
    (Reset(begun=True), Reason.NETWORK, "cut"),
    (Cut(), Reason.NETWORK, "garbled"),
    (NONSENSE, Reason.NETWORK, "garbled"),
    (Flood(), Reason.NETWORK, "garbled"),
    (record([], 201), Reason.NETWORK, "garbled"),
    (record(None, 201), Reason.NETWORK, "garbled"),
    (record({}, 201), Reason.NETWORK, "garbled"),
    (record({"sid": "XX1"}, 201), Reason.NETWORK, "garbled"),
    (record({"sid": 5, "date_created": 5}, 201), Reason.NETWORK, "garbled"),
    (record({"sid": ["SM"], "status": {}}, 201), Reason.NETWORK, "garbled"),
    (Page(200, b"\xff\xfe", headers={"Content-Encoding": "gzip"}), Reason.NETWORK, "cut"),
    (REDIRECT, Reason.NETWORK, ""),
    (HTML, Reason.BUSY, ""),
]


@pytest.mark.parametrize(("answer", "reason", "code"), OPEN)
def test_fault_after_request_means_maybe_sent(
    through: TwilioChannel, endpoint: Endpoint, answer: Answer, reason: Reason, code: str
) -> None:
    endpoint.answer_next(answer)
    error = fault(through, MESSAGE)
    assert (error.reason, error.sent, error.code) == (reason, Sent.MAYBE, code)
    assert not error.permanent


@pytest.mark.parametrize("answer", SLOW)
def test_slow_answer_means_maybe_sent(
    hurried: TwilioChannel, endpoint: Endpoint, answer: Answer
) -> None:
    hurried.send(MESSAGE)
    endpoint.answer_next(answer)
    error = fault(hurried, MESSAGE)
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.MAYBE, "deadline")
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("answer", [Reset(), Reset(begun=True), Cut(), HTML, REDIRECT])
@pytest.mark.parametrize("way", ["through", "direct"])
def test_request_is_not_repeated(
    request: pytest.FixtureRequest, endpoint: Endpoint, answer: Answer, way: str
) -> None:
    endpoint.answer_next(answer)
    fault(request.getfixturevalue(way), MESSAGE)
    sleep(0.05)
    assert len(endpoint.requests) == 1


def test_dead_connection_is_not_used_again(through: TwilioChannel, endpoint: Endpoint) -> None:
    through.send(MESSAGE)
    endpoint.answer_next(Reset())
    fault(through, MESSAGE)
    through.send(MESSAGE)
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("answer", [Trickle(pause=0.01), Trickle(pause=0.01, headers=True)])
def test_deadline_limits_whole_request(proxy: Proxy, endpoint: Endpoint, answer: Answer) -> None:
    endpoint.answer_next(answer)
    started = monotonic()
    fault(TwilioChannel(proxy.address, timeout=5, deadline=0.4), MESSAGE)
    assert 0.4 <= monotonic() - started < 2


@pytest.mark.parametrize("answer", SLOW)
def test_deadline_leaves_no_thread_behind(proxy: Proxy, endpoint: Endpoint, answer: Answer) -> None:
    endpoint.answer_next(answer)
    fault(TwilioChannel(proxy.address, timeout=5, deadline=0.4), MESSAGE)
    assert not any(thread.is_alive() for thread in ended())


def test_reused_connection_is_disconnected_at_deadline(
    hurried: TwilioChannel, endpoint: Endpoint
) -> None:
    hurried.send(MESSAGE)
    endpoint.answer_next(Trickle())
    fault(hurried, MESSAGE)
    assert not any(thread.is_alive() for thread in ended())


def test_trickling_proxy_is_disconnected(hurried: TwilioChannel, proxy: Proxy) -> None:
    proxy.mood = Mood.TRICKLING
    fault(hurried, MESSAGE)
    assert not any(thread.is_alive() for thread in ended())


def test_unknown_name_means_not_sent(policy: SitePolicy, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = fault(TwilioChannel(), MESSAGE)
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.NO, "dns")


def test_request_is_not_sent_after_deadline(
    straight: None, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is resolved only after the deadline."""
    channel = TwilioChannel(deadline=0.4)
    found = threading.Event()
    look_up = socket.getaddrinfo

    def slow(*args: object, **kwargs: object) -> object:
        found.wait(5)
        return look_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    error = fault(channel, MESSAGE)
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.NO, "connect")
    found.set()
    assert not any(thread.is_alive() for thread in ended())
    assert endpoint.requests == []


def test_refused_connection_means_not_sent(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.shutdown()
    endpoint.server_close()
    error = fault(direct, MESSAGE)
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.NO, "connect")


def test_hanging_handshake_means_not_sent(straight: None, endpoint: Endpoint) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint.server_address = silent.getsockname()
        error = fault(TwilioChannel(timeout=0.3), MESSAGE)
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.NO, "connect")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_environment_sets_trusted_certificates(
    straight: None,
    endpoint: Endpoint,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(authority.path))
    TwilioChannel().send(MESSAGE)
    assert len(endpoint.messages) == 1


def test_untrusted_certificate_means_not_sent(
    direct: TwilioChannel, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    error = fault(direct, MESSAGE)
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.NO, "tls")
    assert endpoint.requests == []


def test_certificate_for_other_name_means_not_sent(
    direct: TwilioChannel, endpoint: Endpoint, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Authority(tmp_path, hosts=("api.twilio.example",))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.path))
    endpoint._context = other.server_context()
    error = fault(direct, MESSAGE)
    assert (error.reason, error.sent, error.code) == (Reason.NETWORK, Sent.NO, "tls")
    assert endpoint.requests == []


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_invalid_bundle_means_not_sent(
    direct: TwilioChannel, tmp_path: object, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    error = fault(direct, MESSAGE)
    assert (error.reason, error.sent, error.code) == (Reason.INTERNAL, Sent.NO, "bundle")
    assert "REQUESTS_CA_BUNDLE" in direct.explain(error.reason, error.code)


def test_folder_of_certificates_is_accepted(
    direct: TwilioChannel, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is empty here, so no certificate is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert fault(direct, MESSAGE).code == "tls"
