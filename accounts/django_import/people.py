"""People of another project: what of each can come, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import (
    UNUSABLE_PASSWORD_PREFIX,
    identify_hasher,
    make_password,
)
from django.core.exceptions import ValidationError
from django.utils.http import int_to_base36

from accounts.csv_import.lines import LONGEST_EMAIL, LONGEST_NAME
from accounts.django_import.contents import Contents
from accounts.django_import.devices import Device, Reason
from accounts.django_import.reading import Row
from accounts.models import usernames
from mfa.factors import MOST_PHONES
from mfa.factors.imported import App, Imported, Key, Phone
from mfa.factors.passkey.options import MOST_PASSKEYS
from mfa.factors.totp import MOST_APPS
from mfa.forms.emails import validate
from mfa.models import plain_text
from mfa.rules import login_names

MOST: dict[type[Imported], int] = {App: MOST_APPS, Phone: MOST_PHONES, Key: MOST_PASSKEYS}
# Everyone's login pays for the slowest imported hash (S11). Django 6.0 has 1,200,000 iterations.
MOST_ITERATIONS = 2_000_000
# KiB and passes of Argon2. Django's own are 102,400 and 2.
MOST_MEMORY, MOST_PASSES = 256 * 1024, 8
LONGEST_HANDLE = 64
LARGEST_ID = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that does not come, or that its owner must know: whose, what and why."""

    email: str
    number: str
    what: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person who can come. `handle` is what the person's passkeys call the account."""

    row: Row
    email: str
    full_name: str
    username: str | None
    password: str
    proven_at: datetime | None
    factors: Sequence[Imported]
    handle: bytes
    was_bound: bool
    left_out: Sequence[LeftOut] = ()

    def lacking(self, what: str, reason: Reason) -> LeftOut:
        """Return something of the person that does not come."""
        return _left_out(self.row, self.email, what, reason)

    def without(self, reason: Reason) -> LeftOut:
        """Return the person, who does not come after all."""
        return self.lacking(self.row.model, reason)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator asked for, and whether people here log in with usernames."""

    with_staff: bool
    usernames: bool


def judge(contents: Contents, row: Row, wishes: Wishes) -> Newcomer | LeftOut:
    """Return what comes of a person, or why the person is left out."""
    email = contents.email_of(row)
    if reason := _refusal(contents, row, email, wishes):
        return _left_out(row, email, row.model, reason)
    full_name = _full_name(row)
    password = row.text("password")
    found: list[tuple[str, Reason]] = []
    if not _is_plain(full_name):
        full_name = ""
        found.append(("name", Reason.NAME))
    if not is_known(password):
        if password and not password.startswith(UNUSABLE_PASSWORD_PREFIX):
            found.append(("password", Reason.HASHER))
        password = make_password(None)
    username = login_names.normalize(row.text("username")) if wishes.usernames else ""
    if username and not _is_username(username):
        username = ""
        found.append(("username", Reason.USERNAME))
    devices = contents.devices_of(row)
    factors, unused = _fitting(devices, has_handle=bool(handle := _handle_of(row)))
    found += unused
    return Newcomer(
        row,
        email,
        full_name,
        username or None,
        password,
        row.moment("date_joined") if contents.is_proven() else None,
        factors,
        handle,
        any(each.binds for each in devices),
        [_left_out(row, email, what, reason) for what, reason in found],
    )


def is_known(password: str) -> bool:
    """Whether a hash can be verified here, at a cost that a login can pay."""
    try:
        hasher = identify_hasher(password)
        parts = hasher.decode(password)
        hasher.safe_summary(password)
    except Exception:  # noqa: BLE001 hashers raise many kinds of errors for broken hashes
        return False
    costs = (parts.get("iterations", 0), parts.get("memory_cost", 0), parts.get("time_cost", 0))
    return all(
        cost <= most
        for cost, most in zip(costs, (MOST_ITERATIONS, MOST_MEMORY, MOST_PASSES), strict=True)
    )


def _refusal(contents: Contents, row: Row, email: str, wishes: Wishes) -> Reason | None:
    if (row.is_true("is_staff") or row.is_true("is_superuser")) and not wishes.with_staff:
        return Reason.STAFF
    if not email:
        return Reason.UNPROVEN if contents.is_proven() and row.text("email") else Reason.NO_EMAIL
    if not _is_email(email):
        return Reason.EMAIL
    return Reason.DUPLICATE if contents.spread[email] > 1 else None


def _fitting(
    devices: Sequence[Device], *, has_handle: bool
) -> tuple[list[Imported], list[tuple[str, Reason]]]:
    """Return the second steps that come, at most some of each kind, and what is to be said."""
    factors: list[Imported] = []
    found = []
    for each in devices:
        reason = each.reason
        if each.brings and reason in {None, Reason.CLOCK}:
            kind = type(each.brings)
            if kind is Key and not has_handle:
                reason = Reason.KEY
            elif sum(isinstance(one, kind) for one in factors) >= MOST[kind]:
                reason = Reason.TOO_MANY
            else:
                factors.append(each.brings)
        if reason:
            found.append((each.model, reason))
    return factors, found


def _left_out(row: Row, email: str, what: str, reason: Reason) -> LeftOut:
    return LeftOut(email or row.text("email"), _number_of(row), what, reason)


def _number_of(row: Row) -> str:
    return row.text("username") if row.pk is None else str(row.pk)


def _full_name(row: Row) -> str:
    both = f"{row.text('first_name')} {row.text('last_name')}"
    names = (row.text("full_name"), row.text("name"), both)
    return next((" ".join(name.split()) for name in names if name.strip()), "")


def _handle_of(row: Row) -> bytes:
    """Return the user handle that django-allauth gave to a person's passkeys.

    Source: `user_pk_to_url_str` of django-allauth.
    """
    if isinstance(row.pk, int):
        return int_to_base36(row.pk).encode() if 0 <= row.pk <= LARGEST_ID else b""
    if not isinstance(row.pk, str):
        return b""
    try:
        handle = UUID(row.pk).hex.encode()
    except ValueError:
        handle = row.pk.encode()
    return handle if len(handle) <= LONGEST_HANDLE else b""


def _is_plain(name: str) -> bool:
    try:
        plain_text.check(name)
    except ValidationError:
        return False
    return len(name) <= LONGEST_NAME


def _is_email(email: str) -> bool:
    try:
        validate(email)
    except ValidationError:
        return False
    return len(email) <= LONGEST_EMAIL


def _is_username(username: str) -> bool:
    try:
        usernames.validate(username)
    except ValidationError:
        return False
    return len(username) <= usernames.LONGEST
