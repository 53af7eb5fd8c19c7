"""Twilio's endpoint and proxy for the channels' tests."""

from tests.twilio_endpoint.fixtures import authority, endpoint, proxy, straight

__all__ = ["authority", "endpoint", "proxy", "straight"]
