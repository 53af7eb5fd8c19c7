"""People of another project: what can be imported of each, before anything is written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.core.exceptions import ValidationError

from accounts.csv_import.lines import LONGEST_EMAIL, LONGEST_NAME
from accounts.django_import.contents import Contents
from accounts.django_import.devices import Device, Lack
from accounts.django_import.reading import Row
from accounts.models import usernames
from accounts.people import hashes
from accounts.people.hashers import is_sound
from mfa.factors import Imported
from mfa.forms.emails import validate
from mfa.models import plain_text
from mfa.rules import login_names

# The width of the column
LONGEST_HASH = 128


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not imported, or that its owner must know: whose, what and why."""

    email: str
    number: str
    what: str
    reason: Lack


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person who can be imported. `was_bound`: had a second step, even if none is imported."""

    row: Row
    email: str
    full_name: str
    username: str | None
    password: str
    proven_at: datetime | None
    factors: Sequence[Imported]
    was_bound: bool
    left_out: Sequence[LeftOut] = ()

    def lacking(self, what: str, reason: Lack) -> LeftOut:
        """Return something of the person that is not imported."""
        return _left_out(self.row, self.email, what, reason)

    def without(self, reason: Lack) -> LeftOut:
        """Return the whole person as left out."""
        return self.lacking(self.row.model, reason)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the operator asked for, and whether people here log in with usernames.

    `algorithms` are those of foreign hashes for which everyone's login pays.
    """

    with_staff: bool
    usernames: bool
    algorithms: Collection[str]

    def takes(self, password: str) -> bool:
        """Whether a hash comes."""
        kind = hashes.kind_of(password)
        return is_known(password) and (kind is None or kind[0] in self.algorithms)


def judge(contents: Contents, row: Row, chosen: Chosen) -> Newcomer | LeftOut:
    """Return what is imported of a person, or why the person is left out."""
    email = contents.email_of(row)
    if reason := _refusal(contents, row, email, chosen):
        return _left_out(row, email, row.model, reason)
    full_name = _full_name(row)
    password = row.text("password")
    found: list[tuple[str, Lack]] = []
    if not _is_plain(full_name):
        full_name = ""
        found.append(("name", Lack.NAME))
    if not chosen.takes(password):
        if password and not password.startswith(UNUSABLE_PASSWORD_PREFIX):
            found.append(("password", Lack.HASHER))
        password = make_password(None)
    username = login_names.normalize(row.text("username")) if chosen.usernames else ""
    if username and not _is_username(username):
        username = ""
        found.append(("username", Lack.USERNAME))
    devices = contents.devices_of(row)
    factors, unused = _fitting(devices)
    found += unused
    return Newcomer(
        row,
        email,
        full_name,
        username or None,
        password,
        row.moment("date_joined") if contents.is_proven() else None,
        factors,
        any(each.binds for each in devices),
        [_left_out(row, email, what, reason) for what, reason in found],
    )


def is_known(password: str) -> bool:
    """Whether a hash can be verified here, at a cost that a login can pay."""
    if len(password) > LONGEST_HASH or not (password.isascii() and password.isprintable()):
        return False
    return is_sound(password)


def _refusal(contents: Contents, row: Row, email: str, chosen: Chosen) -> Lack | None:
    if (row.is_true("is_staff") or row.is_true("is_superuser")) and not chosen.with_staff:
        return Lack.STAFF
    if not email:
        return Lack.UNPROVEN if contents.is_proven() and row.text("email") else Lack.NO_EMAIL
    if not _is_email(email):
        return Lack.EMAIL
    return Lack.DUPLICATE if contents.spread[email] > 1 else None


def _fitting(devices: Sequence[Device]) -> tuple[list[Imported], list[tuple[str, Lack]]]:
    """Return the second steps to import, up to the maximum of each kind, and what to report."""
    factors: list[Imported] = []
    found = []
    for each in devices:
        reason = each.reason
        if one := each.brings:
            if sum(held.kind == one.kind for held in factors) < one.most:
                factors.append(one)
            else:
                reason = Lack.TOO_MANY
        if reason:
            found.append((each.model, reason))
    return factors, found


def _left_out(row: Row, email: str, what: str, reason: Lack) -> LeftOut:
    return LeftOut(email or row.text("email"), _number_of(row), what, reason)


def _number_of(row: Row) -> str:
    return row.text("username") if row.pk is None else str(row.pk)


def _full_name(row: Row) -> str:
    both = f"{row.text('first_name')} {row.text('last_name')}"
    names = (row.text("full_name"), row.text("name"), both)
    return next((" ".join(name.split()) for name in names if name.strip()), "")


def _is_plain(name: str) -> bool:
    if len(name) > LONGEST_NAME:
        return False
    try:
        plain_text.check(name)
    except ValidationError:
        return False
    return True


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
