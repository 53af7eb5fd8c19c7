"""One record judged alone: what it says about a person, and what is wrong with it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.core.exceptions import ValidationError

from accounts.csv_import import numbers
from accounts.csv_import.columns import Field, Mapped
from accounts.csv_import.reading import LONGEST_CELL, Record
from accounts.models import Membership, usernames
from mfa.forms.emails import validate
from mfa.models import plain_text
from mfa.rules import emails, login_names, masking
from mfa.rules.cells import is_formula, unmarked

MEMBER, MANAGER = Membership.Role.MEMBER, Membership.Role.MANAGER
LONGEST_NAME, LONGEST_EMAIL = 150, 254
# A name is in one column, or in two.
NAME_FIELDS = (Field.FULL_NAME, Field.FIRST_NAME, Field.LAST_NAME)


class LineFault(StrEnum):
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
    # With these, the person is still imported.
    NAME_DOUBTFUL = "name_doubtful"
    ROLE_ADMINISTRATORS = "role_administrators"
    USERNAME_ADMINISTRATORS = "username_administrators"
    USERNAME_TAKEN = "username_taken"
    USERNAME_KEPT = "username_kept"
    NUMBER_KEPT = "number_kept"


# With one of these, the person is not imported.
BAD = {
    LineFault.QUOTES,
    LineFault.TOO_LONG,
    LineFault.NOT_TEXT,
    LineFault.STRAY,
    LineFault.NO_EMAIL,
    LineFault.EMAIL,
    LineFault.NAME_LONG,
    LineFault.USERNAME,
    LineFault.ROLE,
    LineFault.CONFLICT,
    LineFault.NO_ORGANIZATION,
    LineFault.STAFF,
    LineFault.NO_METHOD,
}


@dataclass(frozen=True, slots=True)
class LineFinding:
    """Something that the author of the file must know about a line. `shown` is the masked value.

    `other_line` is the line that this one contradicts, or 0. `name` is the column's name.
    """

    line: int
    fault: str
    field: str = ""
    shown: str = ""
    other_line: int = 0

    @property
    def is_bad(self) -> bool:
        """Whether the line is left out because of this."""
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
        """Whether two lines are equal except for their line number."""
        return replace(self, line=0) == replace(other, line=0)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges lines. `is_administrator` allows usernames, and the role of a manager."""

    header: Sequence[str]
    mapped: Mapped
    reader: numbers.Reader
    is_administrator: bool

    def judge(self, record: Record) -> tuple[Person | None, list[LineFinding]]:
        """Return the person of a record, or None, and what was found."""
        findings = list(self._cells(record))
        if findings:
            return None, findings
        line = _Line(record.line, dict(self._used(record)))
        person = Person(
            record.line,
            line.email(),
            line.full_name(),
            line.mobile(self.reader),
            line.username(allowed=self.is_administrator),
            line.role(managers=self.is_administrator),
            line.cell(Field.ORGANIZATION).strip(),
        )
        is_bad = any(each.is_bad for each in line.findings)
        return None if is_bad else person, line.findings

    def _cells(self, record: Record) -> Iterator[LineFinding]:
        """Return the faults of cells that make the whole record doubtful."""
        if not record.well_formed:
            yield LineFinding(record.line, LineFault.QUOTES)
        for column, cell in enumerate(record.cells):
            if len(cell) > LONGEST_CELL:
                yield LineFinding(record.line, LineFault.TOO_LONG, self._name_of(column))
            elif "\0" in cell:
                yield LineFinding(record.line, LineFault.NOT_TEXT, self._name_of(column))
            elif cell.strip() and not self._name_of(column):
                # A comma inside a name moves the cells after it.
                yield LineFinding(record.line, LineFault.STRAY, shown=_masked(cell))

    def _used(self, record: Record) -> Iterator[tuple[Field, str]]:
        for column, field in self.mapped.items():
            yield field, record.cells[column] if column < len(record.cells) else ""

    def _name_of(self, column: int) -> str:
        return self.header[column].strip() if column < len(self.header) else ""


class _Line:
    """The cells of one record by field, and what was found in them."""

    def __init__(self, line: int, cells: dict[Field, str]) -> None:
        self.line, self.cells = line, cells
        self.findings: list[LineFinding] = []

    def cell(self, field: Field) -> str:
        """Return a cell without the mark by which an export keeps a spreadsheet from running it."""
        return unmarked(self.cells.get(field, ""))

    def found(self, fault: str, field: Field, shown: str = "") -> None:
        self.findings.append(LineFinding(self.line, fault, field, shown))

    def email(self) -> str:
        typed = self.cell(Field.EMAIL)
        email = emails.normalize(typed)
        if not email:
            self.found(LineFault.NO_EMAIL, Field.EMAIL)
        elif len(email) > LONGEST_EMAIL or not _is_valid(validate, email):
            self.found(LineFault.EMAIL, Field.EMAIL, _masked(typed))
        return email

    def full_name(self) -> str:
        typed = {field: self.cell(field) for field in NAME_FIELDS if field in self.cells}
        name = " ".join(" ".join(typed.values()).split())
        field = next(iter(typed), Field.FULL_NAME)
        if len(name) > LONGEST_NAME:
            self.found(LineFault.NAME_LONG, field, _masked(name))
        elif not _is_valid(plain_text.check, name):
            self.found(LineFault.NOT_TEXT, field, _masked(name))
        else:
            for part, cell in typed.items():
                # Spaces around a name mean nothing.
                if is_formula(cell.strip(" ")):
                    self.found(LineFault.NAME_DOUBTFUL, part, _masked(cell))
        return name

    def mobile(self, reader: numbers.Reader) -> str:
        typed = self.cell(Field.MOBILE)
        number = numbers.read(typed, reader)
        if isinstance(number, numbers.Broken):
            self.found(number, Field.MOBILE, f"…{masking.ending(typed.strip())}")
            return ""
        return number

    def username(self, *, allowed: bool) -> str:
        username = login_names.normalize(self.cell(Field.USERNAME))
        if not username:
            return ""
        if not allowed:
            self.found(LineFault.USERNAME_ADMINISTRATORS, Field.USERNAME)
            return ""
        if len(username) > usernames.LONGEST or not _is_valid(usernames.validate, username):
            self.found(LineFault.USERNAME, Field.USERNAME, _masked(username))
        return username

    def role(self, *, managers: bool) -> str:
        typed = self.cell(Field.ROLE).strip()
        role = typed.casefold() or MEMBER
        if role not in Membership.Role.values:
            self.found(LineFault.ROLE, Field.ROLE, _masked(typed))
        elif role == MANAGER and not managers:
            self.found(LineFault.ROLE_ADMINISTRATORS, Field.ROLE)
            return MEMBER
        return role


def _is_valid(check: Callable[[str], object], text: str) -> bool:
    try:
        check(text)
    except ValidationError:
        return False
    return True


def _masked(cell: str) -> str:
    """Return enough of a cell to find it (PS-10)."""
    text = " ".join(cell.split())
    return masking.masked_email(text) if "@" in text[1:] else f"{text[:2]}…"
