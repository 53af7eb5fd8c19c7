"""Fixtures around endpoint and proxy; import them into a conftest.py."""

import socket
from collections.abc import Iterator

import pytest

from mfa.models import AccountPolicy
from tests.twilio_endpoint.account import Account
from tests.twilio_endpoint.certificates import HOSTS, Authority
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.proxy import Proxy


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Made once: keys cost time."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def endpoint(
    authority: Authority, policy: AccountPolicy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Endpoint]:
    """Twilio with the account of the Account Policy; its authority is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.path))
    account = Account(
        sid=policy.sms_account_id,
        token=policy.sms_auth_token,
        numbers={policy.sms_phone_number: True},
    )
    with Endpoint(authority, account=account) as endpoint:
        yield endpoint


@pytest.fixture
def proxy(endpoint: Endpoint) -> Iterator[Proxy]:
    """A proxy that leads Twilio's hosts to the endpoint."""
    with Proxy(endpoint.server_address) as proxy:
        yield proxy


@pytest.fixture
def straight(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twilio's hosts lead to the endpoint without a proxy: only the wire is bent."""
    look_up = socket.getaddrinfo

    def bent(host: str, port: int, *args: int, **kwargs: int) -> list[tuple[object, ...]]:
        known = host in HOSTS and port == 443
        return look_up(*(endpoint.server_address if known else (host, port)), *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", bent)
