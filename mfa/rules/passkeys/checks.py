"""Checks: every check of WebAuthn Level 3 on what a browser sends.

`CREATION` has the checks of section 7.1 and `ASSERTION` those of section 7.2, in the order of the
specification. py_webauthn reads the structures and verifies signatures and attestation. The rest it
leaves to the caller, so all checks are here.
"""

import hashlib
from collections.abc import Callable
from hmac import compare_digest

from mfa.rules.passkeys.answers import Assertion, Creation, challenge_in
from mfa.rules.passkeys.expectations import Expected, ExpectedAnswer
from mfa.rules.passkeys.keys import key_of
from mfa.rules.passkeys.options import CHALLENGE_BYTES, encoded
from mfa.rules.passkeys.refusals import Check, Refused

# WebAuthn Level 3, 7.1: longer ids are refused.
LONGEST_ID = 1023


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


def _created_present(creation: Creation, expected: Expected) -> bool:
    return creation.data.flags.up or not expected.present


def _present(assertion: Assertion, _expected: Expected) -> bool:
    return assertion.data.flags.up


def _verified(answer: Creation | Assertion, expected: Expected) -> bool:
    return answer.data.flags.uv or not expected.verified


def _backed_up(answer: Creation | Assertion, _expected: Expected) -> bool:
    return answer.data.flags.be or not answer.data.flags.bs


def _algorithm(creation: Creation, _expected: Expected) -> bool:
    try:
        return key_of(creation.public_key) is not None
    except Exception:  # noqa: BLE001 a key that cannot be read is refused like an unknown one
        return False


def _attested(creation: Creation, expected: Expected) -> bool:
    """Whether the attestation is right. We ask for none, and accept any maker's (WA-06)."""
    from webauthn import verify_registration_response

    try:
        verify_registration_response(
            credential=creation.credential,
            expected_challenge=expected.challenge,
            expected_rp_id=expected.site,
            expected_origin=expected.origin,
            require_user_presence=expected.present,
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
    key = key_of(expected.stored.public_key)
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
    (Check.PRESENT, _created_present),
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
