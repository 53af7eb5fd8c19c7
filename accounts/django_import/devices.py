"""Second steps of django-otp, django-two-factor-auth and django-allauth, judged one by one."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.exceptions import ValidationError

from accounts.csv_import.numbers import Reader
from accounts.django_import.reading import Row
from mfa.factors.imported import App, Imported, Key, Phone
from mfa.models import plain_text
from mfa.models.factors import NAME_LENGTH
from mfa.rules import base32, passkeys, totp
from mfa.rules.codes import DIGITS
from mfa.rules.passkeys import LONGEST_ID, Creation, Refused
from mfa.rules.passkeys.keys import key_of
from mfa.rules.phone_numbers import PhoneNumber

# RFC 4226, R6: a secret has at least 128 bits.
LEAST_SECRET = 16
# What django-two-factor-auth calls a device, not what a person does
DEFAULT = "default"
LARGEST_COUNT = (1 << 32) - 1


class Reason(StrEnum):
    """Why something does not come."""

    NO_EMAIL = "no_email"
    EMAIL = "email"
    UNPROVEN = "unproven"
    DUPLICATE = "duplicate"
    STAFF = "staff"
    HERE = "here"
    CONFLICT = "conflict"
    NO_METHOD = "no_method"
    HASHER = "hasher"
    NAME = "name"
    USERNAME = "username"
    RECOVERY_CODES = "recovery_codes"
    UNCONFIRMED = "unconfirmed"
    SETTINGS = "settings"
    UNREADABLE = "unreadable"
    NUMBER = "number"
    OTHER_SITE = "other_site"
    KEY = "key"
    TAKEN = "taken"
    TOO_MANY = "too_many"
    OTHER_KIND = "other_kind"
    CLOCK = "clock"


# The person is not imported at all.
WHOLE = frozenset(
    {
        *(Reason.NO_EMAIL, Reason.EMAIL, Reason.UNPROVEN, Reason.DUPLICATE),
        *(Reason.STAFF, Reason.HERE, Reason.CONFLICT, Reason.NO_METHOD),
    }
)
# Nothing that was ever a second step of its own
NEVER_BOUND = frozenset({Reason.UNCONFIRMED, Reason.RECOVERY_CODES})


@dataclass(frozen=True, slots=True)
class Device:
    """One second step: what of it comes, if it does, and what is to be said about it."""

    model: str
    brings: Imported | None = None
    reason: Reason | None = None

    @property
    def binds(self) -> bool:
        """Whether the person had it as a second step, so that a password alone adds no other."""
        return self.reason not in NEVER_BOUND


@dataclass(frozen=True, slots=True)
class Judge:
    """What devices are judged by: the portal's host, which passkeys name, and its numbers."""

    site: str
    reader: Reader

    def judge(self, row: Row) -> Device:
        """Return what becomes of a device."""
        if not row.is_true("confirmed", default=True):
            return Device(row.model, reason=Reason.UNCONFIRMED)
        read = DEVICES.get(row.model, _other)
        found = read(self, row)
        if isinstance(found, Reason):
            return Device(row.model, reason=found)
        # The person learns from the page by how much the clock is wrong.
        late = isinstance(found, App) and row.number("drift") not in totp.AROUND
        return Device(row.model, found, Reason.CLOCK if late else None)


def is_device(model: str) -> bool:
    """Whether a table holds second steps: a known one, or one of another plug-in."""
    return model in DEVICES or model.endswith("device")


def _totp(_judge: Judge, row: Row) -> App | Reason:
    """Read a row of django-otp, which stores the secret in hex."""
    settings = (row.number("step"), row.number("digits"), row.number("t0"))
    if settings != (totp.STEP_SECONDS, DIGITS, 0):
        return Reason.SETTINGS
    try:
        secret = bytes.fromhex(row.text("key"))
    except ValueError:
        return Reason.UNREADABLE
    return _app(secret, row.text("name"), row.moment("created_at"), max(row.number("last_t"), 0))


def _phone(judge: Judge, row: Row) -> Phone | Reason:
    """Read a row of django-two-factor-auth."""
    found = judge.reader.read(row.text("number"))
    if not isinstance(found, PhoneNumber):
        return Reason.NUMBER
    return Phone(found.e164, row.text("name") == DEFAULT, row.moment("created_at"))


def _authenticator(judge: Judge, row: Row) -> Imported | Reason:
    """Read a row of django-allauth."""
    data = row.fields.get("data")
    if isinstance(data, str):
        # A database without JSON columns
        data = _parsed(data)
    held = Row(row.model, row.pk, data if isinstance(data, dict) else {})
    since = row.moment("created_at")
    match row.text("type"):
        case "totp":
            return _base32(held.text("secret"), since)
        case "webauthn":
            return _key(judge, held, since)
        case "recovery_codes":
            return Reason.RECOVERY_CODES
    return Reason.OTHER_KIND


def _base32(text: str, since: datetime | None) -> App | Reason:
    """Read the secret of allauth. One that its adapter encrypted is not base 32."""
    try:
        secret = base32.decode(text.rstrip("="))
    except ValueError:
        return Reason.UNREADABLE
    return _app(secret, "", since, 0)


def _app(secret: bytes, name: str, since: datetime | None, last_step: int) -> App | Reason:
    if len(secret) < LEAST_SECRET:
        return Reason.UNREADABLE
    return App(secret, last_step, _name(name), since)


def _key(judge: Judge, held: Row, since: datetime | None) -> Key | Reason:
    try:
        creation = passkeys.read_creation(json.dumps(held.fields.get("credential")))
    except Refused:
        return Reason.KEY
    data = creation.data
    if data.rp_id_hash != hashlib.sha256(judge.site.encode()).digest():
        return Reason.OTHER_SITE
    if not _is_usable(creation):
        return Reason.KEY
    return Key(
        creation.credential_id,
        creation.public_key,
        data.sign_count,
        data.flags.be,
        data.flags.bs,
        tuple(creation.transports),
        creation.provider,
        _name(held.text("name")),
        since,
    )


def _is_usable(creation: Creation) -> bool:
    """Whether the answers of a passkey can be verified here (WA-06)."""
    if not 0 < len(creation.credential_id) <= LONGEST_ID:
        return False
    try:
        return key_of(creation.public_key) is not None
    except Exception:  # noqa: BLE001 the library raises many kinds of errors for made-up bytes
        return False


def _none(reason: Reason) -> Callable[[Judge, Row], Reason]:
    return lambda _judge, _row: reason


def _name(text: str) -> str:
    name = " ".join(text.split())[:NAME_LENGTH]
    try:
        plain_text.check(name)
    except ValidationError:
        return ""
    return "" if name == DEFAULT else name


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_other = _none(Reason.OTHER_KIND)
DEVICES: dict[str, Callable[[Judge, Row], Imported | Reason]] = {
    "otp_totp.totpdevice": _totp,
    "otp_static.staticdevice": _none(Reason.RECOVERY_CODES),
    # Version 1.15 of django-two-factor-auth moved it.
    "two_factor.phonedevice": _phone,
    "phonenumber.phonedevice": _phone,
    "mfa.authenticator": _authenticator,
}
