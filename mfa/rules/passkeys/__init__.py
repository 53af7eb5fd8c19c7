"""Passkeys: options for browsers, their answers, and the checks of WebAuthn Level 3."""

from mfa.rules.passkeys.answers import (
    Assertion,
    Creation,
    challenge_in,
    read_assertion,
    read_creation,
)
from mfa.rules.passkeys.checks import (
    ASSERTION,
    CREATION,
    LONGEST_ID,
    verify_assertion,
    verify_creation,
)
from mfa.rules.passkeys.expectations import Expected, ExpectedAnswer, Stored
from mfa.rules.passkeys.options import (
    CHALLENGE_BYTES,
    TIMEOUT,
    Known,
    creation_options,
    encoded,
    request_options,
)
from mfa.rules.passkeys.refusals import Check, Refused

__all__ = [
    "ASSERTION",
    "CHALLENGE_BYTES",
    "CREATION",
    "LONGEST_ID",
    "TIMEOUT",
    "Assertion",
    "Check",
    "Creation",
    "Expected",
    "ExpectedAnswer",
    "Known",
    "Refused",
    "Stored",
    "challenge_in",
    "creation_options",
    "encoded",
    "read_assertion",
    "read_creation",
    "request_options",
    "verify_assertion",
    "verify_creation",
]
