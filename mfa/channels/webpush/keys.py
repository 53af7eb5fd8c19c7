"""The portal's own key, by which push services know the sender (VAPID, RFC 8292)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

CURVE = ec.SECP256R1()
KEY_BYTES = 32
# RFC 8292 allows 24 hours. A message lives two minutes, so this is for clocks that are wrong.
LIFE = timedelta(hours=1)
# Names that no mail reaches (RFC 6761, RFC 6762): Apple answers 403 to them.
UNREACHABLE = ("localhost", "local", "invalid", "test", "example")


def is_on() -> bool:
    """Whether this installation can send push messages."""
    return bool(settings.VAPID_PRIVATE_KEY)


def is_key(text: str) -> bool:
    """Whether this can be the value of VAPID_PRIVATE_KEY."""
    try:
        _private(text)
    except ValueError:
        return False
    return True


def public_key() -> str:
    """Return the public key that browsers subscribe with, in base64url."""
    return encoded(point_of(_private(settings.VAPID_PRIVATE_KEY).public_key()))


def authorization(origin: str, now: datetime) -> str:
    """Return the header that proves the sender to the push service at `origin` (RFC 8292, 2)."""
    key = _private(settings.VAPID_PRIVATE_KEY)
    header: dict[str, object] = {"typ": "JWT", "alg": "ES256"}
    claims: dict[str, object] = {
        "aud": origin,
        "exp": int((now + LIFE).timestamp()),
        "sub": settings.VAPID_CONTACT,
    }
    signed = ".".join(_part(part) for part in (header, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = encoded(r.to_bytes(KEY_BYTES, "big") + s.to_bytes(KEY_BYTES, "big"))
    return f"vapid t={signed}.{signature}, k={encoded(point_of(key.public_key()))}"


def contact_fault(contact: str) -> str:
    """Return why a push service may refuse this contact, or "" (RFC 8292, 2.1)."""
    url = urlsplit(contact)
    host = url.path.rpartition("@")[2] if url.scheme == "mailto" else (url.hostname or "")
    if url.scheme not in {"mailto", "https"} or not host:
        return "must be mailto: with an email address, or an https address"
    if host.rpartition(".")[2].lower() in UNREACHABLE or _is_address(host):
        return "names a host that push services cannot reach, and Apple refuses it"
    return ""


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encoded(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Read base64url with or without padding. Raises ValueError."""
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (Base64Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    data = decoded(text)
    if len(data) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return ec.derive_private_key(int.from_bytes(data, "big"), CURVE)


def _part(values: dict[str, object]) -> str:
    return encoded(json.dumps(values, separators=(",", ":")).encode())


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
