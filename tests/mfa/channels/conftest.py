"""Twilio's endpoint and proxy for the channels' tests."""

import pytest

from mfa.channels.twilio import TwilioChannel
from tests.twilio_endpoint.fixtures import authority, endpoint, proxy, straight
from tests.twilio_endpoint.proxy import Proxy

__all__ = ["authority", "endpoint", "proxy", "straight"]


@pytest.fixture
def through(proxy: Proxy) -> TwilioChannel:
    """Twilio's channel behind the proxy."""
    return TwilioChannel(f"http://{proxy.address}")


@pytest.fixture
def hurried(proxy: Proxy) -> TwilioChannel:
    """The same for tests that reach its deadline."""
    return TwilioChannel(f"http://{proxy.address}", timeout=0.5, deadline=1)


@pytest.fixture
def direct(straight: None) -> TwilioChannel:
    """Twilio's channel without a proxy."""
    return TwilioChannel()
