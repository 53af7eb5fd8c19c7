"""Channels whose far end is a test, and messages that wait for them."""

from collections.abc import Callable

import pytest

from accounts.models import User
from mfa import challenges, channels
from mfa.challenges import Target
from mfa.channels.base import Channel, Finding, Message, Progress, Receipt
from mfa.client import Client
from mfa.messages import queue as deliveries
from mfa.models import Challenge, Delivery, SmsValues
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose

PHONE = "+447700900201"
State = Delivery.State


class Wire(Channel):
    """A channel whose far end is this test."""

    def __init__(self) -> None:
        self.carried: list[Message] = []
        self.progress = Progress.ACCEPTED
        self.trouble: Exception | None = None
        self.meanwhile: Callable[[], object] = bool
        self.confirmed: list[str] = []

    def send(self, message: Message) -> Receipt:
        self.carried.append(message)
        self.meanwhile()
        if self.trouble:
            raise self.trouble
        return Receipt("provider's id", self.progress)

    def confirm(self, provider_id: str) -> None:
        self.confirmed.append(provider_id)
        if self.trouble:
            raise self.trouble

    def check(self, values: SmsValues | None = None) -> list[Finding]:
        return []


def wires(settings) -> None:
    backend = {"BACKEND": f"{Wire.__module__}.Wire", "OPTIONS": {}}
    settings.MFA_CHANNELS = {"sms": backend, "email": backend}


@pytest.fixture
def sms(settings) -> Wire:
    wires(settings)
    return channels.get("sms")


@pytest.fixture
def email(settings) -> Wire:
    wires(settings)
    return channels.get("email")


@pytest.fixture
def question(alice: User) -> Challenge:
    """Asked, and not yet carried: nothing commits inside this test."""
    target = Target(channel=ChannelName.SMS, address=PHONE, factor=alice.factors.get())
    return challenges.issue(
        alice, target, purpose=Purpose.LOGIN, nonce="session", client=Client("", "")
    )


@pytest.fixture
def row(question: Challenge) -> Delivery:
    """The question's delivery."""
    return question.deliveries.get()


@pytest.fixture
def mailed(alice: User) -> Delivery:
    """A code for Alice by email, not sent yet."""
    target = Target(channel=ChannelName.EMAIL, address=alice.email)
    return challenges.issue(
        alice, target, purpose=Purpose.LOGIN, nonce="session", client=Client("", "")
    ).deliveries.get()


def notice(user: User, channel: ChannelName = ChannelName.SMS) -> Delivery:
    target = PHONE if channel is ChannelName.SMS else user.email
    words = {"old_ending": "01", "new_ending": "02"}
    return deliveries.queue(user, "number_changed", channel=channel, target=target, context=words)
