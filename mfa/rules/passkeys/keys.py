"""Public keys of passkeys in the form of COSE (RFC 9053): two algorithms, and their limits."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

# ES256, which all authenticators have, and RS256, without which Windows Hello cannot register
ES256, RS256 = -7, -257
ALGORITHMS = (ES256, RS256)
# Larger RSA keys cost time at each login, and smaller ones can be broken.
RSA_BITS = range(2048, 4097)
# COSE keys (RFC 9053): the numbers of their parameters, and the values that 5.8.5 requires
KTY, ALG, CRV, N, E = 1, 3, -1, -1, -2
EC2, RSA, P256, F4 = 2, 3, 1, 65537


def key_of(cose: bytes) -> "PublicKeyTypes | None":
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
