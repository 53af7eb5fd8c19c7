"""Expectations: what an answer must repeat, and the passkey as it is stored."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the portal asked for.

    `site` is the host name that passkeys belong to (the RP ID), and `origin` the address with
    scheme and port. `verified`: the authenticator must have verified the person (UV). `present`:
    the person must have touched it (UP). Section 7.1 does not require this of a new passkey that
    the browser makes automatically (the mediation "conditional").
    """

    challenge: bytes
    site: str
    origin: str
    verified: bool = False
    present: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A person's passkey as stored: a credential record of WebAuthn Level 3, section 4."""

    owner: int
    handle: bytes
    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAnswer(Expected):
    """What the portal asked of a passkey that it knows.

    `owner` is the id of the person who proved the password, or None if the passkey says who it is.
    """

    stored: Stored
    owner: int | None
