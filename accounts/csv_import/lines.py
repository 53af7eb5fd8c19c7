"""One record judged by itself: what it says about a person, and what is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.csv_import import numbers
from accounts.csv_import.columns import Field, Mapped
from accounts.csv_import.reading import LONGEST_CELL, Record
from accounts.models import Membership, usernames
from mfa.models import plain_text
from mfa.rules import emails, login_names, masking
from mfa.rules.cells import FORMULA

MEMBER, MANAGER = Membership.Role.MEMBER, Membership.Role.MANAGER
LONGEST_NAME, LONGEST_EMAIL = 150, 254


class Fault(StrEnum):
    """What is wrong with a cell, or what was not taken from it. NUMBERS are in `Broken`."""

    QUOTES = "quotes"
    TOO_LONG = "too_long"
    NOT_TEXT = "not_text"
    STRAY = "stray"
    NO_EMAIL = "no_email"
    EMAIL = "email"
    NAME_LONG = "name_long"
    USERNAME = "username"
    ROLE = "role"
    CONFLICT = "conflict"
    NO_ORGANIZATION = "no_organization"
    STAFF = "staff"
    NO_METHOD = "no_method"
    # The person is imported all the same.
    NAME_DOUBTFUL = "name_doubtful"
    ROLE_ADMINISTRATORS = "role_administrators"
    USERNAME_ADMINISTRATORS = "username_administrators"
    USERNAME_TAKEN = "username_taken"
    USERNAME_KEPT = "username_kept"
    NUMBER_KEPT = "number_kept"


# The person is not imported because of one of these.
BAD = {
    Fault.QUOTES,
    Fault.TOO_LONG,
    Fault.NOT_TEXT,
    Fault.STRAY,
    Fault.NO_EMAIL,
    Fault.EMAIL,
    Fault.NAME_LONG,
    Fault.USERNAME,
    Fault.ROLE,
    Fault.CONFLICT,
    Fault.NO_ORGANIZATION,
    Fault.STAFF,
    Fault.NO_METHOD,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a line that its author must know. `shown` is the masked value.

    `other_line` is the line that this one contradicts, or 0. `name` is the column's name.
    """

    line: int
    fault: str
    field: str = ""
    shown: str = ""
    other_line: int = 0

    @property
    def is_bad(self) -> bool:
        """Whether the line is left out because of it."""
        return self.fault in BAD


@dataclass(frozen=True, slots=True)
class Person:
    """What a line says about a person, in the forms that the columns of the tables store."""

    line: int
    email: str
    full_name: str = ""
    mobile: str = ""
    username: str = ""
    role: str = MEMBER
    organization: str = ""

    def says_the_same(self, other: "Person") -> bool:
        """Whether two lines differ in nothing but their number."""
        return replace(self, line=0) == replace(other, line=0)


@dataclass(frozen=True, slots=True)
class Judge:
    """What lines are judged by. `is_administrator` allows usernames, and the role of a manager."""

    header: Sequence[str]
    mapped: Mapped
    reader: numbers.Reader
    is_administrator: bool

    def judge(self, record: Record) -> tuple[Person | None, list[Finding]]:
        """Return the person of a record, or None, and what was found."""
        findings = list(self._cells(record))
        if findings:
            return None, findings
        cells = dict(self._used(record))
        person = Person(record.line, emails.normalize(cells[Field.EMAIL]))
        for part in (self._email, self._name, self._mobile, self._username, self._role):
            person, found = part(person, cells)
            findings += found
        organization = cells.get(Field.ORGANIZATION, "").strip()
        person = replace(person, organization=organization)
        return (None if any(each.is_bad for each in findings) else person), findings

    def _cells(self, record: Record) -> Iterator[Finding]:
        """Return the faults of cells that make the whole record doubtful."""
        if not record.well_formed:
            yield Finding(record.line, Fault.QUOTES)
        for column, cell in enumerate(record.cells):
            if len(cell) > LONGEST_CELL:
                yield Finding(record.line, Fault.TOO_LONG, self._name_of(column))
            elif "\0" in cell:
                yield Finding(record.line, Fault.NOT_TEXT, self._name_of(column))
            elif cell.strip() and not self._name_of(column):
                # A comma inside a name moves the cells after it.
                yield Finding(record.line, Fault.STRAY, shown=_masked(cell))

    def _used(self, record: Record) -> Iterator[tuple[Field, str]]:
        for column, field in self.mapped.items():
            yield field, record.cells[column] if column < len(record.cells) else ""

    def _name_of(self, column: int) -> str:
        return self.header[column].strip() if column < len(self.header) else ""

    def _email(self, person: Person, cells: dict[Field, str]) -> tuple[Person, list[Finding]]:
        typed = cells[Field.EMAIL]
        if not person.email:
            return person, [Finding(person.line, Fault.NO_EMAIL, Field.EMAIL)]
        try:
            validate_email(person.email)
            fits = emails.flaw(person.email) is None and len(person.email) <= LONGEST_EMAIL
        except ValidationError:
            fits = False
        fault = Finding(person.line, Fault.EMAIL, Field.EMAIL, _masked(typed))
        return person, [] if fits else [fault]

    def _name(self, person: Person, cells: dict[Field, str]) -> tuple[Person, list[Finding]]:
        typed = cells.get(Field.FULL_NAME, "")
        name = " ".join(typed.split())
        if len(name) > LONGEST_NAME or not plain_text.fits(name):
            fault = Fault.NAME_LONG if len(name) > LONGEST_NAME else Fault.NOT_TEXT
            return person, [Finding(person.line, fault, Field.FULL_NAME, _masked(typed))]
        doubtful = typed.startswith(FORMULA[:-1]) or name.startswith(FORMULA)
        found = [Finding(person.line, Fault.NAME_DOUBTFUL, Field.FULL_NAME, _masked(name))]
        return replace(person, full_name=name), found if doubtful else []

    def _mobile(self, person: Person, cells: dict[Field, str]) -> tuple[Person, list[Finding]]:
        typed = cells.get(Field.MOBILE, "")
        number = numbers.read(typed, self.reader)
        if isinstance(number, numbers.Broken):
            return person, [Finding(person.line, number, Field.MOBILE, _digits(typed))]
        return replace(person, mobile=number), []

    def _username(self, person: Person, cells: dict[Field, str]) -> tuple[Person, list[Finding]]:
        username = login_names.normalize(cells.get(Field.USERNAME, ""))
        if not username:
            return person, []
        if not self.is_administrator:
            return person, [Finding(person.line, Fault.USERNAME_ADMINISTRATORS, Field.USERNAME)]
        try:
            usernames.validate(username)
        except ValidationError:
            return person, [Finding(person.line, Fault.USERNAME, Field.USERNAME, _masked(username))]
        if len(username) > usernames.LONGEST:
            return person, [Finding(person.line, Fault.USERNAME, Field.USERNAME, _masked(username))]
        return replace(person, username=username), []

    def _role(self, person: Person, cells: dict[Field, str]) -> tuple[Person, list[Finding]]:
        typed = cells.get(Field.ROLE, "").strip()
        role = typed.casefold() or MEMBER
        if role not in Membership.Role.values:
            return person, [Finding(person.line, Fault.ROLE, Field.ROLE, _masked(typed))]
        if role == MANAGER and not self.is_administrator:
            return person, [Finding(person.line, Fault.ROLE_ADMINISTRATORS, Field.ROLE)]
        return replace(person, role=role), []


def _masked(cell: str) -> str:
    """Return enough of a cell to find it (PS-10)."""
    text = " ".join(cell.split())
    return masking.masked_email(text) if "@" in text[1:] else f"{text[:2]}…"


def _digits(number: str) -> str:
    """Return the end of what stands in a cell for a number."""
    return f"…{masking.ending(number.strip())}"
