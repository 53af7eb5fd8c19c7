"""Fixtures that the tests of this folder share."""

from tests.mfa.messages.wires import email, mailed, question, row, sms

__all__ = ["email", "mailed", "question", "row", "sms"]
