"""A security key in Python: what a browser sends, right or with one thing changed."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
CURVES = {-7: (ec.SECP256R1(), 1), -35: (ec.SECP384R1(), 2), -36: (ec.SECP521R1(), 3)}


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass(kw_only=True)
class SecurityKey:
    """One passkey. `counter` rises with each answer, unless it is None: synced passkeys send 0."""

    site: str = "portal.example"
    origin: str = "https://portal.example"
    algorithm: int = -7
    flags: int = PRESENT | VERIFIED
    counter: int | None = 1
    handle: bytes | None = None
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    provider: bytes = bytes(16)

    def __post_init__(self) -> None:
        match self.algorithm:
            case -8:
                self.key = ed25519.Ed25519PrivateKey.generate()
            case -257 | -37:
                self.key = rsa_key()
            case _:
                self.key = ec.generate_private_key(CURVES[self.algorithm][0])

    def cose(self, **changes: object) -> bytes:
        """Return the public key in the form of COSE, with changed numbers."""
        public, alg = self.key.public_key(), changes.get("alg", self.algorithm)
        if isinstance(public, ed25519.Ed25519PublicKey):
            return cbor2.dumps({1: 1, 3: alg, -1: 6, -2: public.public_bytes_raw()})
        numbers = public.public_numbers()
        if isinstance(numbers, rsa.RSAPublicNumbers):
            exponent = changes.get("e", numbers.e).to_bytes(3, "big")
            n = changes.get("n", numbers.n)
            modulus = n.to_bytes((n.bit_length() + 7) // 8, "big")
            return cbor2.dumps({1: changes.get("kty", 3), 3: alg, -1: modulus, -2: exponent})
        curve, crv = CURVES[self.algorithm]
        size = (curve.key_size + 7) // 8
        x, y = changes.get("x", numbers.x).to_bytes(size, "big"), numbers.y.to_bytes(size, "big")
        kty = changes.get("kty", 2)
        return cbor2.dumps({1: kty, 3: alg, -1: changes.get("crv", crv), -2: x, -3: y})

    def create(self, challenge: bytes, **changes: object) -> str:
        """Return the JSON of a new passkey."""
        identity = changes.get("credential_id", self.credential_id)
        cose = changes.get("cose", self.cose())
        size = changes.get("length", len(identity)).to_bytes(2, "big")
        data = self._data(changes, ATTESTED) + self.provider + size + identity + cose
        statement = changes.get("statement", {})
        attestation = {"fmt": changes.get("fmt", "none"), "attStmt": statement, "authData": data}
        response = {
            "clientDataJSON": encode(self._client("webauthn.create", challenge, changes)),
            "attestationObject": encode(cbor2.dumps(attestation)),
            "transports": changes.get("transports", ["usb"]),
        }
        return self._sent(identity, response, changes)

    def answer(self, challenge: bytes, **changes: object) -> str:
        """Return the JSON of an answer."""
        if self.counter is not None:
            self.counter += 1
        data = self._data(changes, 0)
        client = self._client("webauthn.get", challenge, changes)
        signed = data + hashlib.sha256(client).digest()
        response = {
            "clientDataJSON": encode(client),
            "authenticatorData": encode(data),
            "signature": encode(changes.get("signature") or self._sign(signed)),
        }
        handle = changes.get("handle", self.handle)
        if handle is not None:
            response["userHandle"] = encode(handle)
        return self._sent(self.credential_id, response, changes)

    def _sent(self, identity: bytes, response: dict, changes: dict) -> str:
        raw = encode(changes.get("raw_id", identity))
        sent = {
            "id": changes.get("id", raw),
            "rawId": raw,
            "type": changes.get("kind", "public-key"),
        }
        return json.dumps({**sent, "response": {**response, **changes.get("response", {})}})

    def _data(self, changes: dict, extra: int) -> bytes:
        site = changes.get("site", self.site)
        flags = changes.get("flags", self.flags) | extra
        count = changes.get("counter", self.counter or 0)
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: bytes, changes: dict) -> bytes:
        if "client" in changes:
            return changes["client"]
        client = {
            "type": changes.get("type", kind),
            "challenge": encode(challenge),
            "origin": changes.get("origin", self.origin),
            "crossOrigin": changes.get("cross_origin", False),
        }
        if "top_origin" in changes:
            client["topOrigin"] = changes["top_origin"]
        return json.dumps(client).encode()

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(data)
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))
