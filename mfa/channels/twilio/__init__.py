"""The Twilio provider. No other package knows its error numbers, names and rules."""

from mfa.channels.twilio.channel import TwilioChannel

__all__ = ["TwilioChannel"]
