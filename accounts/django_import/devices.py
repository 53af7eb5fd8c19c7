"""Second steps of django-otp, django-two-factor-auth and django-allauth, judged one by one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.http import int_to_base36

from accounts.csv_import.numbers import Reader
from accounts.django_import.reading import Row
from mfa.factors import (
    Imported,
    ImportedApp,
    ImportedPhone,
    OtherSiteError,
    UnusableError,
    read_imported_key,
)
from mfa.models import plain_text
from mfa.models.factors import NAME_LENGTH
from mfa.rules import base32, totp
from mfa.rules.codes import DIGITS
from mfa.rules.phone_numbers import PhoneNumber

# In bytes. RFC 4226, R6: at least 128 bits. Longer ones than apps take would slow down each login.
LEAST_SECRET, MOST_SECRET = 16, 128
# What django-two-factor-auth calls a device, not what a person does
DEFAULT = "default"
LARGEST_ID = (1 << 63) - 1


class Lack(StrEnum):
    """Why something is not imported."""

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


# These were never a second step of their own.
NEVER_BOUND = frozenset({Lack.UNCONFIRMED, Lack.RECOVERY_CODES})


@dataclass(frozen=True, slots=True)
class Device:
    """One second step: what is imported of it, if anything, and what the report says."""

    model: str
    brings: Imported | None = None
    reason: Lack | None = None

    @property
    def binds(self) -> bool:
        """Whether it was a second step. If so, just the password cannot add another."""
        return self.reason not in NEVER_BOUND


@dataclass(frozen=True, slots=True)
class AppSettings:
    """How apps count: SHA-1 in all three packages, and in ours."""

    digits: int
    seconds: int


OURS = AppSettings(DIGITS, totp.STEP_SECONDS)


@dataclass(frozen=True, slots=True)
class DeviceReader:
    """Judges devices. `numbers` reads phone numbers as the portal does."""

    numbers: Reader
    allauth_apps: AppSettings = OURS

    def read(self, row: Row) -> Device:
        """Return what is imported of a device."""
        if not row.is_true("confirmed", default=True):
            return Device(row.model, reason=Lack.UNCONFIRMED)
        read = DEVICES.get(row.model, _other)
        found = read(self, row)
        if isinstance(found, Lack):
            return Device(row.model, reason=found)
        # The person learns from the page by how much the clock is wrong.
        late = isinstance(found, ImportedApp) and row.number("drift") not in totp.AROUND
        return Device(row.model, found, Lack.CLOCK if late else None)


def is_device(model: str) -> bool:
    """Whether a table holds second steps, of a known project or of another plug-in."""
    return model in DEVICES or model.endswith("device")


def _totp(_reader: DeviceReader, row: Row) -> ImportedApp | Lack:
    """Read a row of django-otp, which stores the secret in hex."""
    settings = AppSettings(row.number("digits"), row.number("step"))
    if settings != OURS or row.number("t0"):
        return Lack.SETTINGS
    try:
        secret = bytes.fromhex(row.text("key"))
    except ValueError:
        return Lack.UNREADABLE
    return _app(secret, row.text("name"), row.moment("created_at"), max(row.number("last_t"), 0))


def _phone(reader: DeviceReader, row: Row) -> ImportedPhone | Lack:
    """Read a row of django-two-factor-auth."""
    found = reader.numbers.read(row.text("number"))
    if not isinstance(found, PhoneNumber):
        return Lack.NUMBER
    is_default = row.text("name") == DEFAULT
    return ImportedPhone(number=found.e164, preferred=is_default, since=row.moment("created_at"))


def _authenticator(reader: DeviceReader, row: Row) -> Imported | Lack:
    """Read a row of django-allauth."""
    data = row.fields.get("data")
    if isinstance(data, str):
        # A database without JSON columns
        data = _parsed(data)
    held = Row(row.model, row.pk, data if isinstance(data, dict) else {})
    since = row.moment("created_at")
    match row.text("type"):
        case "totp" if reader.allauth_apps != OURS:
            return Lack.SETTINGS
        case "totp":
            return _base32(held.text("secret"), since)
        case "webauthn":
            return _key(row, held, since)
        case "recovery_codes":
            return Lack.RECOVERY_CODES
    return Lack.OTHER_KIND


def _base32(text: str, since: datetime | None) -> ImportedApp | Lack:
    """Read the secret of allauth. One that its adapter encrypted is not base 32."""
    try:
        secret = base32.decode(text.rstrip("="))
    except ValueError:
        return Lack.UNREADABLE
    return _app(secret, "", since, 0)


def _app(secret: bytes, name: str, since: datetime | None, last_step: int) -> ImportedApp | Lack:
    if not LEAST_SECRET <= len(secret) <= MOST_SECRET:
        return Lack.UNREADABLE
    return ImportedApp(secret=secret, last_step=last_step, name=_name(name), since=since)


def _key(row: Row, held: Row, since: datetime | None) -> Imported | Lack:
    credential = json.dumps(held.fields.get("credential"))
    handle, name = handle_of(row.fields.get("user")), _name(held.text("name"))
    try:
        return read_imported_key(credential, handle=handle, name=name, since=since)
    except OtherSiteError:
        return Lack.OTHER_SITE
    except UnusableError:
        return Lack.KEY


def handle_of(user: object) -> bytes:
    """Return the user handle that django-allauth gave to the passkeys of a person.

    Source: `user_pk_to_url_str` of django-allauth. A natural key does not tell it.
    """
    if isinstance(user, int):
        return int_to_base36(user).encode() if 0 <= user <= LARGEST_ID else b""
    if not isinstance(user, str):
        return b""
    try:
        return UUID(user).hex.encode()
    except ValueError:
        return user.encode()


def _none(reason: Lack) -> Callable[[DeviceReader, Row], Lack]:
    return lambda _reader, _row: reason


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


_other = _none(Lack.OTHER_KIND)
DEVICES: dict[str, Callable[[DeviceReader, Row], Imported | Lack]] = {
    "otp_totp.totpdevice": _totp,
    "otp_static.staticdevice": _none(Lack.RECOVERY_CODES),
    # Version 1.15 of django-two-factor-auth moved it.
    "two_factor.phonedevice": _phone,
    "phonenumber.phonedevice": _phone,
    "mfa.authenticator": _authenticator,
}
