"""What is there: the devices and addresses of each person, found before the first is written.

The people themselves are read again one at a time, because a table of devices can stand before or
after theirs.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from accounts.django_import.devices import Device, DeviceReader, is_device
from accounts.django_import.reading import Row
from accounts.people import hashes
from mfa.rules import emails

ADDRESS = "account.emailaddress"
USERS = "auth.user"
# Returns the rows of the other project, each time from the beginning
Source = Callable[[], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Address:
    """An address of django-allauth."""

    email: str
    verified: bool
    primary: bool


@dataclass(slots=True)
class Contents:
    """The people by key: what they have, and how often each address occurs.

    `algorithms` counts their password hashes that are not like ours.
    """

    source: Source
    user_model: str
    devices: defaultdict[str, list[Device]] = field(default_factory=lambda: defaultdict(list))
    addresses: defaultdict[str, list[Address]] = field(default_factory=lambda: defaultdict(list))
    spread: Counter[str] = field(default_factory=Counter)
    algorithms: Counter[str] = field(default_factory=Counter)
    others: set[str] = field(default_factory=set)

    def people(self) -> Iterator[Row]:
        """Read the people."""
        return (row for row in self.source() if row.model == self.user_model)

    def devices_of(self, person: Row) -> list[Device]:
        """Return the second steps of a person."""
        return [each for key in keys_of(person) for each in self.devices.get(key, ())]

    def email_of(self, person: Row) -> str:
        """Return the normalized address or "". With django-allauth, the verified one."""
        if not self.addresses:
            return emails.normalize(person.text("email"))
        proven = [each for each in self._addresses_of(person) if each.verified]
        written = emails.normalize(person.text("email"))
        main = [each.email for each in proven if each.primary]
        same = [each.email for each in proven if each.email == written]
        return next(iter([*main, *same]), "")

    def is_proven(self) -> bool:
        """Whether the other project says which addresses are verified. Then only those come."""
        return bool(self.addresses)

    def _addresses_of(self, person: Row) -> list[Address]:
        return [each for key in keys_of(person) for each in self.addresses.get(key, ())]


def read(source: Source, user_model: str, reader: DeviceReader) -> Contents:
    """Read everything once. Raises what the source raises."""
    found = Contents(source, user_model)
    for row in source():
        if row.model == user_model:
            continue
        if "password" in row.fields:
            found.others.add(row.model)
        user = row.fields.get("user")
        if user is None:
            continue
        if row.model == ADDRESS:
            email = emails.normalize(row.text("email"))
            address = Address(email, row.is_true("verified"), row.is_true("primary"))
            found.addresses[_key(user)].append(address)
        elif is_device(row.model):
            found.devices[_key(user)].append(reader.read(row))
    for person in found.people():
        found.spread[found.email_of(person)] += 1
        if kind := hashes.kind_of(person.text("password")):
            found.algorithms[kind[0]] += 1
    return found


def keys_of(person: Row) -> set[str]:
    """Return how other rows may refer to a person: by number, or by natural key.

    That is the login name. Anyone could choose the email of another person.
    """
    natural = _key([person.text("username" if "username" in person.fields else "email")])
    return {natural} if person.pk is None else {_key(person.pk), natural}


def _key(reference: object) -> str:
    return repr(reference)
