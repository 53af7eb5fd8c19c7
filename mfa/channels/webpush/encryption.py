"""The encryption of a push message for one browser (RFC 8291), as one record (RFC 8188)."""

import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mfa.channels.webpush.keys import CURVE, point_of

SALT_BYTES = 16
AUTH_BYTES = 16
# RFC 8291, 4: push services take at least 4096 bytes, and one record is all we send.
RECORD_SIZE = 4096
LAST = b"\x02"


def encrypt(
    text: bytes,
    *,
    receiver: bytes,
    auth: bytes,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Encrypt a text for a subscription's `p256dh` and `auth`. Raises ValueError for a bad key.

    Only tests pass a `sender` and a `salt`: each message has its own.
    """
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver)
    sender = sender or ec.generate_private_key(CURVE)
    salt = salt or secrets.token_bytes(SALT_BYTES)
    ours = point_of(sender.public_key())
    shared = sender.exchange(ec.ECDH(), theirs)
    secret = _derived(shared, auth, b"WebPush: info\0" + receiver + ours, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return header + AESGCM(key).encrypt(nonce, text + LAST, None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
