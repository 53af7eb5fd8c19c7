"""Answers: what a browser sends, read by py_webauthn and not checked yet."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mfa.rules.passkeys.refusals import Check, Refused

if TYPE_CHECKING:
    from webauthn.helpers.structs import (
        AuthenticationCredential,
        AuthenticatorData,
        RegistrationCredential,
    )

# The largest answer is a few kilobytes: an id of 1,023 bytes, a key of RSA and a certificate.
MOST_CHARACTERS = 32 * 1024


@dataclass(frozen=True, slots=True)
class Creation:
    """A new passkey, read and not checked yet."""

    credential: "RegistrationCredential"
    client: dict[str, Any]
    data: "AuthenticatorData"

    @property
    def credential_id(self) -> bytes:
        """The id that the authenticator chose."""
        attested = self.data.attested_credential_data
        return attested.credential_id if attested else b""

    @property
    def public_key(self) -> bytes:
        """The key in the form of COSE (RFC 9053)."""
        attested = self.data.attested_credential_data
        return attested.credential_public_key if attested else b""

    @property
    def provider(self) -> str:
        """The AAGUID in its usual form: which app or which model of key it is."""
        attested = self.data.attested_credential_data
        digits = attested.aaguid.hex() if attested else ""
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    @property
    def transports(self) -> list[str]:
        """How browsers can reach the authenticator, for later logins."""
        return sorted({str(name.value) for name in self.credential.response.transports or ()})


@dataclass(frozen=True, slots=True)
class Assertion:
    """An answer by a passkey, read and not checked yet."""

    credential: "AuthenticationCredential"
    client: dict[str, Any]
    data: "AuthenticatorData"


def read_creation(text: str) -> Creation:
    """Read the JSON of a new passkey (RegistrationResponseJSON). Raises Refused."""
    from webauthn.helpers import (
        parse_attestation_object,
        parse_registration_credential_json,
    )

    _limit(text)
    try:
        credential = parse_registration_credential_json(text)
        attestation = parse_attestation_object(credential.response.attestation_object)
        client = json.loads(credential.response.client_data_json)
    except Exception as error:
        # The library raises many kinds of errors for bytes that a stranger made up.
        raise Refused(Check.FORM) from error
    return Creation(credential, _object(client), attestation.auth_data)


def read_assertion(text: str) -> Assertion:
    """Read the JSON of an answer (AuthenticationResponseJSON). Raises Refused."""
    from webauthn.helpers import parse_authentication_credential_json, parse_authenticator_data

    _limit(text)
    try:
        credential = parse_authentication_credential_json(text)
        data = parse_authenticator_data(credential.response.authenticator_data)
        client = json.loads(credential.response.client_data_json)
    except Exception as error:
        raise Refused(Check.FORM) from error
    return Assertion(credential, _object(client), data)


def challenge_in(answer: Creation | Assertion) -> bytes:
    """Return the challenge that an answer repeats, or b"" if it has none of ours."""
    from webauthn.helpers import base64url_to_bytes

    text = answer.client.get("challenge")
    if not isinstance(text, str) or not text.isascii():
        return b""
    try:
        return base64url_to_bytes(text)
    except ValueError:
        return b""


def _limit(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise Refused(Check.FORM)


def _object(client: object) -> dict[str, Any]:
    if not isinstance(client, dict):
        raise Refused(Check.FORM)
    return client
