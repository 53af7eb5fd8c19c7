"""The selection of channels by settings."""

import pytest
from pytest_django import Settings

from mfa import channels
from mfa.channels.outbox import OutboxChannel
from mfa.channels.twilio import TwilioChannel
from mfa.rules.methods import ChannelName


def test_channel_is_available_if_settings_name_it(settings: Settings) -> None:
    settings.MFA_CHANNELS = {"sms": {"BACKEND": "mfa.channels.outbox.OutboxChannel", "OPTIONS": {}}}
    assert channels.available("sms")
    assert not channels.available("email")
    with pytest.raises(KeyError):
        channels.get("email")


def test_channel_is_made_once_with_its_options(settings: Settings) -> None:
    options = {"proxy_url": "http://proxy.example:3128"}
    backend = "mfa.channels.twilio.TwilioChannel"
    settings.MFA_CHANNELS = {"sms": {"BACKEND": backend, "OPTIONS": options}}
    channel = channels.get("sms")
    assert isinstance(channel, TwilioChannel)
    assert channel.proxy == "proxy.example:3128"
    assert channels.get("sms") is channels.get(ChannelName.SMS) is channel


def test_other_settings_make_another_channel(settings: Settings) -> None:
    backend = "mfa.channels.twilio.TwilioChannel"
    settings.MFA_CHANNELS = {"sms": {"BACKEND": backend, "OPTIONS": {}}}
    channels.get("sms")
    backend = "mfa.channels.outbox.OutboxChannel"
    settings.MFA_CHANNELS = {"sms": {"BACKEND": backend, "OPTIONS": {}}}
    assert isinstance(channels.get("sms"), OutboxChannel)


def test_class_that_is_not_a_channel_is_refused(settings: Settings) -> None:
    settings.MFA_CHANNELS = {"sms": {"BACKEND": "decimal.Decimal", "OPTIONS": {}}}
    with pytest.raises(TypeError):
        channels.get("sms")
