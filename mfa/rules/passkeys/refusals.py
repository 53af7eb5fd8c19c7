"""Refusals: the checks of passkeys, and the error that says which one failed first."""

from enum import StrEnum


class Check(StrEnum):
    """What is checked. The audit stores these words for a refused passkey."""

    FORM = "form"
    KNOWN = "known"
    SAME_ID = "same_id"
    OWNER = "owner"
    HANDLE = "handle"
    TYPE = "type"
    CHALLENGE = "challenge"
    ORIGIN = "origin"
    CROSS_ORIGIN = "cross_origin"
    TOP_ORIGIN = "top_origin"
    SITE = "site"
    PRESENT = "present"
    VERIFIED = "verified"
    BACKED_UP = "backed_up"
    ELIGIBLE = "eligible"
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"
    COUNTER = "counter"
    ATTESTATION = "attestation"
    LENGTH = "length"
    UNIQUE = "unique"
    ALLOWED = "allowed"


class Refused(Exception):
    """A passkey was refused by `check`."""

    def __init__(self, check: Check) -> None:
        """Store which check failed first."""
        super().__init__(check)
        self.check = check
