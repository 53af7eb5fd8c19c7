"""Connections are shared, opened again in each process, and use a proxy only by the setting."""

import os
import threading

import pytest

from mfa.channels.base import Message, Sent
from mfa.channels.twilio import TwilioChannel
from mfa.models import Reason, SitePolicy
from tests.mfa.channels.contract import fault, report
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.proxy import Mood, Proxy

pytestmark = pytest.mark.django_db
MESSAGE = Message("+447700900123", "123456")
# Not written out, because error reports quote the source.
SECRET = "".join(reversed("drowssap"))


def test_sends_share_a_connection(through: TwilioChannel, endpoint: Endpoint, proxy: Proxy) -> None:
    for _ in range(3):
        through.send(MESSAGE)
    assert endpoint.connections == 1
    assert proxy.requests == ["CONNECT api.twilio.com:443"]


def test_threads_share_connections() -> None:
    channel = TwilioChannel()
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(channel._wire()._lines)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(map(id, made))) == 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_process_opens_own_connections() -> None:
    channel = TwilioChannel()
    ours = channel._wire()._lines
    child = os.fork()
    if not child:
        os._exit(channel._wire()._lines is ours)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_another_account_needs_no_new_connection(
    through: TwilioChannel, endpoint: Endpoint, policy: SitePolicy
) -> None:
    through.send(MESSAGE)
    policy.sms.auth_token = endpoint.account.token = "another"
    policy.sms.save()
    through.send(MESSAGE)
    assert endpoint.connections == 1
    assert len(endpoint.messages) == 2


def test_no_proxy_without_setting(
    direct: TwilioChannel, endpoint: Endpoint, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{proxy.address}")
    direct.send(MESSAGE)
    direct.check()
    assert len(endpoint.messages) == 1
    assert proxy.requests == []


def test_all_requests_use_configured_proxy(
    through: TwilioChannel, endpoint: Endpoint, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    through.send(MESSAGE)
    through.check()
    assert len(endpoint.messages) == 1
    assert set(proxy.requests) == {"CONNECT api.twilio.com:443"}


def test_proxy_without_scheme_is_accepted(endpoint: Endpoint, proxy: Proxy) -> None:
    TwilioChannel(proxy.address).send(MESSAGE)
    assert len(endpoint.messages) == 1


def test_proxy_login_is_sent(endpoint: Endpoint, proxy: Proxy) -> None:
    proxy.login = "portal:p@ss word"
    TwilioChannel(f"http://portal:p%40ss%20word@{proxy.address}").send(MESSAGE)
    assert len(endpoint.messages) == 1


@pytest.mark.parametrize(
    "mood", [Mood.REFUSING, Mood.SILENT, Mood.HANGING_UP, Mood.TRICKLING, Mood.DUMB_TUNNEL]
)
def test_refusing_proxy_means_not_sent(
    hurried: TwilioChannel, endpoint: Endpoint, proxy: Proxy, mood: Mood
) -> None:
    proxy.mood = mood
    error = fault(hurried, MESSAGE)
    assert (error.reason, error.sent, error.permanent) == (Reason.PROXY, Sent.NO, False)
    assert endpoint.requests == []
    assert len(proxy.requests) == 1


def test_missing_proxy_login_is_reported_as_proxy_fault(
    through: TwilioChannel, proxy: Proxy
) -> None:
    proxy.login = "portal:secret"
    error = fault(through, MESSAGE)
    assert (error.reason, error.sent) == (Reason.PROXY, Sent.NO)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1",
        "http://proxy.invalid:3128",
        "socks5://127.0.0.1:1080",
        "http://[::1",
        "http://127.0.0.1:port",
        "https://127.0.0.1:1",
    ],
)
def test_invalid_proxy_means_not_sent(policy: SitePolicy, address: str) -> None:
    channel = TwilioChannel(address, timeout=0.3, deadline=0.6)
    error = fault(channel, MESSAGE)
    assert (error.reason, error.sent) == (Reason.PROXY, Sent.NO)
    assert address.partition("://")[2] in channel.explain(error.reason, error.code)


def test_login_of_proxy_is_not_shown(policy: SitePolicy) -> None:
    channel = TwilioChannel(f"socks5://portal:{SECRET}@proxy.example:3128")
    error = fault(channel, MESSAGE)
    assert channel.proxy == "proxy.example:3128"
    assert SECRET not in channel.explain(error.reason, error.code)
    assert SECRET not in report(lambda: channel.send(MESSAGE))


def test_no_proxy_name_without_proxy() -> None:
    assert TwilioChannel().proxy == ""
