"""Passkeys: every check of WebAuthn Level 3 on what a browser sends.

`CREATION` has the checks of section 7.1 and `ASSERTION` those of section 7.2, in the order of the
specification. py_webauthn reads the structures and verifies signatures and attestation. The rest it
leaves to the caller, so all checks are here.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from webauthn.helpers.structs import (
        AuthenticationCredential,
        AuthenticatorData,
        RegistrationCredential,
    )

# ES256, which all authenticators have, and RS256, without which Windows Hello cannot register
ES256, RS256 = -7, -257
ALGORITHMS = (ES256, RS256)
# WebAuthn Level 3, 7.1: longer ids are refused.
LONGEST_ID = 1023
# A challenge has at least 16 random bytes (13.4.3).
CHALLENGE_BYTES = 32
# How long a browser waits, in milliseconds (15.1). The challenge is valid as long.
TIMEOUT = 300_000
# The largest answer is a few kilobytes: an id of 1,023 bytes, a key of RSA and a certificate.
MOST_CHARACTERS = 32 * 1024
# Larger RSA keys cost time at each login, and smaller ones can be broken.
RSA_BITS = range(2048, 4097)
# COSE keys (RFC 9053): the numbers of their parameters, and the values that 5.8.5 requires
KTY, ALG, CRV, N, E = 1, 3, -1, -1, -2
EC2, RSA, P256, F4 = 2, 3, 1, 65537


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the portal asked for.

    `site` is the host name that passkeys belong to (the RP ID), and `origin` the address with
    scheme and port. `verified`: the authenticator must have verified the person (UV).
    """

    challenge: bytes
    site: str
    origin: str
    verified: bool = False


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


@dataclass(frozen=True, slots=True)
class Known:
    """A person's passkey as browsers identify it: its id, and how to reach it."""

    credential_id: bytes
    transports: tuple[str, ...] = ()


def creation_options(
    challenge: bytes,
    *,
    site: str,
    portal: str,
    person: tuple[bytes, str],
    known: Iterable[Known],
) -> dict[str, Any]:
    """Return what a browser needs to make a passkey (PublicKeyCredentialCreationOptionsJSON).

    `person` has the user handle and the login name. `known` are the person's passkeys: the
    authenticators that hold them make no second one.
    """
    handle, name = person
    return {
        "rp": {"id": site, "name": portal},
        "user": {"id": encoded(handle), "name": name, "displayName": name},
        "challenge": encoded(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "timeout": TIMEOUT,
        "excludeCredentials": [_described(each) for each in known],
        "authenticatorSelection": {
            "residentKey": "preferred",
            "requireResidentKey": False,
            "userVerification": "preferred",
        },
        "attestation": "none",
    }


def request_options(
    challenge: bytes, *, site: str, known: Iterable[Known] = (), verified: bool = False
) -> dict[str, Any]:
    """Return what a browser needs to ask a passkey (PublicKeyCredentialRequestOptionsJSON).

    Without `known` passkeys, the browser offers all that it has for the site.
    """
    return {
        "challenge": encoded(challenge),
        "timeout": TIMEOUT,
        "rpId": site,
        "allowCredentials": [_described(each) for each in known],
        "userVerification": "required" if verified else "preferred",
    }


def encoded(data: bytes) -> str:
    """Return bytes as base64url without padding, as WebAuthn writes them."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _described(known: Known) -> dict[str, Any]:
    described = {"type": "public-key", "id": encoded(known.credential_id)}
    return {**described, "transports": [*known.transports]} if known.transports else described


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


def verify_creation(creation: Creation, expected: Expected) -> None:
    """Raise Refused by the first check of section 7.1 that a new passkey fails."""
    for check, holds in CREATION:
        if not holds(creation, expected):
            raise Refused(check)


def verify_assertion(assertion: Assertion, expected: ExpectedAnswer) -> None:
    """Raise Refused by the first check of section 7.2 that an answer fails."""
    for check, holds in ASSERTION:
        if not holds(assertion, expected):
            raise Refused(check)


def _limit(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise Refused(Check.FORM)


def _object(client: object) -> dict[str, Any]:
    if not isinstance(client, dict):
        raise Refused(Check.FORM)
    return client


def _same_id(answer: Creation | Assertion, _expected: Expected) -> bool:
    return answer.credential.id == encoded(answer.credential.raw_id)


def _created_id(creation: Creation, _expected: Expected) -> bool:
    return creation.credential.raw_id == creation.credential_id


def _creates(creation: Creation, _expected: Expected) -> bool:
    return creation.client.get("type") == "webauthn.create"


def _asserts(assertion: Assertion, _expected: Expected) -> bool:
    return assertion.client.get("type") == "webauthn.get"


def _challenge(answer: Creation | Assertion, expected: Expected) -> bool:
    known = len(expected.challenge) == CHALLENGE_BYTES
    return known and compare_digest(challenge_in(answer), expected.challenge)


def _origin(answer: Creation | Assertion, expected: Expected) -> bool:
    return answer.client.get("origin") == expected.origin


def _not_framed(answer: Creation | Assertion, _expected: Expected) -> bool:
    return answer.client.get("crossOrigin", False) is False


def _on_top(answer: Creation | Assertion, _expected: Expected) -> bool:
    return "topOrigin" not in answer.client


def _site(answer: Creation | Assertion, expected: Expected) -> bool:
    return answer.data.rp_id_hash == hashlib.sha256(expected.site.encode()).digest()


def _present(answer: Creation | Assertion, _expected: Expected) -> bool:
    return answer.data.flags.up


def _verified(answer: Creation | Assertion, expected: Expected) -> bool:
    return answer.data.flags.uv or not expected.verified


def _backed_up(answer: Creation | Assertion, _expected: Expected) -> bool:
    return answer.data.flags.be or not answer.data.flags.bs


def _algorithm(creation: Creation, _expected: Expected) -> bool:
    try:
        return _key(creation.public_key) is not None
    except Exception:  # noqa: BLE001 a key that cannot be read is refused like an unknown one
        return False


def _key(cose: bytes) -> "PublicKeyTypes | None":
    """Return a key of the two algorithms, or None. Raises various errors for other bytes."""
    from webauthn.helpers import (
        decode_credential_public_key,
        decoded_public_key_to_cryptography,
        parse_cbor,
    )

    parameters = parse_cbor(cose)
    kind = (parameters.get(KTY), parameters.get(ALG))
    if kind == (EC2, ES256) and parameters.get(CRV) == P256:
        return decoded_public_key_to_cryptography(decode_credential_public_key(cose))
    if kind == (RSA, RS256) and _is_sound(parameters):
        return decoded_public_key_to_cryptography(decode_credential_public_key(cose))
    return None


def _is_sound(parameters: dict[int, Any]) -> bool:
    bits = int.from_bytes(parameters[N]).bit_length()
    return bits in RSA_BITS and int.from_bytes(parameters[E]) == F4


def _attested(creation: Creation, expected: Expected) -> bool:
    """Whether the attestation is right. We ask for none, and accept any maker's (WA-06)."""
    from webauthn import verify_registration_response

    try:
        verify_registration_response(
            credential=creation.credential,
            expected_challenge=expected.challenge,
            expected_rp_id=expected.site,
            expected_origin=expected.origin,
        )
    except Exception:  # noqa: BLE001 the library raises many kinds of errors for made-up bytes
        return False
    return True


def _not_too_long(creation: Creation, _expected: Expected) -> bool:
    return len(creation.credential_id) <= LONGEST_ID


def _owned(assertion: Assertion, expected: ExpectedAnswer) -> bool:
    mine = expected.owner is None or expected.owner == expected.stored.owner
    return mine and assertion.credential.raw_id == expected.stored.credential_id


def _handle(assertion: Assertion, expected: ExpectedAnswer) -> bool:
    """Whether the user handle is the owner's. Without a password there must be one."""
    sent = assertion.credential.response.user_handle
    if sent is None:
        return expected.owner is not None
    return sent == expected.stored.handle


def _eligible(assertion: Assertion, expected: ExpectedAnswer) -> bool:
    return assertion.data.flags.be is expected.stored.backup_eligible


def _signed(assertion: Assertion, expected: ExpectedAnswer) -> bool:
    from cryptography.exceptions import InvalidSignature
    from webauthn.helpers import decode_credential_public_key, verify_signature

    response = assertion.credential.response
    signed = response.authenticator_data + hashlib.sha256(response.client_data_json).digest()
    key = _key(expected.stored.public_key)
    if key is None:
        return False
    try:
        verify_signature(
            public_key=key,
            signature_alg=decode_credential_public_key(expected.stored.public_key).alg,
            signature=response.signature,
            data=signed,
        )
    except InvalidSignature:
        return False
    return True


def _counts(assertion: Assertion, expected: ExpectedAnswer) -> bool:
    """Whether the counter rose. Synced passkeys have none, and always send 0."""
    sent = assertion.data.sign_count
    return sent > expected.stored.sign_count or sent == expected.stored.sign_count == 0


CREATION: tuple[tuple[Check, Callable[[Creation, Expected], bool]], ...] = (
    (Check.SAME_ID, _same_id),
    (Check.SAME_ID, _created_id),
    (Check.TYPE, _creates),
    (Check.CHALLENGE, _challenge),
    (Check.ORIGIN, _origin),
    (Check.CROSS_ORIGIN, _not_framed),
    (Check.TOP_ORIGIN, _on_top),
    (Check.SITE, _site),
    (Check.PRESENT, _present),
    (Check.VERIFIED, _verified),
    (Check.BACKED_UP, _backed_up),
    (Check.ALGORITHM, _algorithm),
    (Check.ATTESTATION, _attested),
    (Check.LENGTH, _not_too_long),
)
ASSERTION: tuple[tuple[Check, Callable[[Assertion, ExpectedAnswer], bool]], ...] = (
    (Check.SAME_ID, _same_id),
    (Check.OWNER, _owned),
    (Check.HANDLE, _handle),
    (Check.TYPE, _asserts),
    (Check.CHALLENGE, _challenge),
    (Check.ORIGIN, _origin),
    (Check.CROSS_ORIGIN, _not_framed),
    (Check.TOP_ORIGIN, _on_top),
    (Check.SITE, _site),
    (Check.PRESENT, _present),
    (Check.VERIFIED, _verified),
    (Check.BACKED_UP, _backed_up),
    (Check.ELIGIBLE, _eligible),
    (Check.SIGNATURE, _signed),
    (Check.COUNTER, _counts),
)
