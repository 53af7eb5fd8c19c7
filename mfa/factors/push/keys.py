"""A phone's signing key: ECDSA on P-256, as WebCrypto makes it (PU-03)."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from mfa.channels.webpush import CURVE

HALF = 32


def is_point(key: bytes) -> bool:
    """Whether this can be a public key."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, key)
    except ValueError:
        return False
    return True


def signed(key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether the key signed the text. WebCrypto writes r and s one after the other."""
    if len(signature) != 2 * HALF or not is_point(key):
        return False
    r, s = (int.from_bytes(half) for half in (signature[:HALF], signature[HALF:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, key)
    try:
        public.verify(encode_dss_signature(r, s), text, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
