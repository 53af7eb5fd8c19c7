"""A CSV file as records. Nothing here knows what the columns mean.

The file is read as a stream. A record carries the line of the file on which it starts.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import BinaryIO

MOST_BYTES, MOST_LINES = 10_000_000, 50_000
# Each named column is a field of a form, and each value without a column is a finding.
MOST_COLUMNS = 200
LONGEST_CELL = 1_000
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# The first bytes of .xlsx, .ods and .zip files, of .xls, of .pdf and of .gz
OTHER_FORMATS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
DELIMITERS = ",;\t"
# Excel's own first line, which names the delimiter
NAMES_DELIMITER = "sep="
# What the reader says about a quotation mark that is still open at the end of the file
ENDS_INSIDE = "unexpected end of data"
Opener = Callable[[], BinaryIO]


class Unreadable(StrEnum):
    """Why nothing of a file can be imported."""

    NOT_UTF8 = "not_utf8"
    OTHER_FORMAT = "other_format"
    TOO_LARGE = "too_large"
    TOO_MANY_LINES = "too_many_lines"
    TOO_MANY_COLUMNS = "too_many_columns"
    OPEN_QUOTE = "open_quote"
    NO_HEADER = "no_header"
    NO_PEOPLE = "no_people"
    NO_EMAIL = "no_email"
    SAME_FIELD = "same_field"
    NAME_TWICE = "name_twice"


class UnreadableError(Exception):
    """The file cannot be imported. `line` is 0 if the fault has no line."""

    def __init__(self, fault: Unreadable, line: int = 0, names: Sequence[str] = ()) -> None:
        """Store the fault, its line, and the columns that it is about."""
        super().__init__(fault)
        self.fault, self.line, self.names = fault, line, tuple(names)


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record. `well_formed` is False if its quotation marks are wrong."""

    line: int
    cells: tuple[str, ...]
    well_formed: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether all cells are empty."""
        return self.well_formed and not any(cell.strip() for cell in self.cells)


def records(opened: Opener) -> Iterator[Record]:
    """Return the header and then the records with any text, in the order of the file.

    `opened` returns the file at its beginning, and is called again to find a faulty line. Raises
    UnreadableError.
    """
    found = (record for record in _records(opened) if not record.is_empty)
    header = next(found, None)
    if header is None:
        raise UnreadableError(Unreadable.NO_HEADER)
    _demand_narrow(header)
    yield header
    for count, record in enumerate(found, 1):
        if count > MOST_LINES:
            raise UnreadableError(Unreadable.TOO_MANY_LINES, record.line)
        _demand_narrow(record)
        yield record


def _demand_narrow(record: Record) -> None:
    """Raise UnreadableError for too many values. Spreadsheets write empty cells at the end."""
    if len(record.cells) > MOST_COLUMNS and sum(map(bool, record.cells)) > MOST_COLUMNS:
        raise UnreadableError(Unreadable.TOO_MANY_COLUMNS, record.line)


def _records(opened: Opener) -> Iterator[Record]:
    lines = _lines(opened)
    skipped, first = _first_of(lines)
    delimiter = _delimiter_of(first)
    if first.casefold().startswith(NAMES_DELIMITER):
        skipped, first = skipped + 1, next(lines, "")
    # The default limit of a cell stops the reader. A long cell is the fault of its line alone.
    csv.field_size_limit(MOST_BYTES)
    reader = csv.reader(chain((first,), lines), delimiter=delimiter, strict=True)
    while True:
        line = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if ENDS_INSIDE in str(error):
                raise UnreadableError(Unreadable.OPEN_QUOTE, line) from None
            yield Record(line, (), well_formed=False)
        else:
            yield Record(line, tuple(cells))


def _first_of(lines: Iterator[str]) -> tuple[int, str]:
    """Return how many empty lines come first, and the line after them."""
    for number, line in enumerate(lines):
        if line.strip(f"{DELIMITERS} \r\n"):
            return number, line
    return 0, ""


def _delimiter_of(header: str) -> str:
    """Return the delimiter that occurs most often outside quotation marks."""
    named = header.casefold().removeprefix(NAMES_DELIMITER)[:1]
    if header.casefold().startswith(NAMES_DELIMITER) and named in DELIMITERS:
        return named or DELIMITERS[0]
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _lines(opened: Opener) -> Iterator[str]:
    """Decode the lines. Raises UnreadableError with the line that is not UTF-8."""
    with opened() as file:
        encoding = _encoding_of(file.read(8))
        file.seek(0)
        text = io.TextIOWrapper(file, encoding, newline="")
        try:
            yield from text
        except UnicodeError:
            raise UnreadableError(Unreadable.NOT_UTF8, _faulty_line(opened, encoding)) from None


def _encoding_of(start: bytes) -> str:
    if start.startswith(OTHER_FORMATS):
        raise UnreadableError(Unreadable.OTHER_FORMAT)
    if start.startswith(UTF_32):
        raise UnreadableError(Unreadable.NOT_UTF8)
    return "utf-16" if start.startswith(UTF_16) else "utf-8-sig"


def _faulty_line(opened: Opener, encoding: str) -> int:
    """Return the first line that is not UTF-8. Bytes do not show the lines of UTF-16."""
    if encoding == "utf-16":
        return 0
    with opened() as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 0
