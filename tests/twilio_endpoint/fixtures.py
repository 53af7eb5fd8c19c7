"""Fixtures of endpoint and proxy. Import them into a conftest.py."""

import socket
from collections.abc import Iterator

import pytest

from mfa.models import SitePolicy
from tests.twilio_endpoint.account import Account
from tests.twilio_endpoint.certificates import HOSTS, Authority
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.proxy import Proxy


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Created once, because keys take time."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def endpoint(
    authority: Authority, policy: SitePolicy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Endpoint]:
    """Twilio with the account of the Account Policy, with its authority trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.path))
    account = Account(
        sid=policy.sms.account_id,
        token=policy.sms.auth_token,
        numbers={policy.sms.phone_number: True},
    )
    with Endpoint(authority, account=account) as endpoint:
        yield endpoint


@pytest.fixture
def proxy(endpoint: Endpoint) -> Iterator[Proxy]:
    """A proxy that connects Twilio's hosts to the endpoint."""
    with Proxy(endpoint.server_address) as proxy:
        yield proxy


@pytest.fixture
def straight(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twilio's hosts connect to the endpoint without a proxy. Only the connection is changed."""
    look_up = socket.getaddrinfo

    def bent(host: str, port: int, *args: int, **kwargs: int) -> list[tuple[object, ...]]:
        known = host in HOSTS and port == 443
        return look_up(*(endpoint.server_address if known else (host, port)), *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", bent)
