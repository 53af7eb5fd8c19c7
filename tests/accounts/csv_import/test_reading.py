"""Files of our own: encodings, quotation marks, limits, and what is no CSV file."""

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence

import pytest

from accounts.csv_import import columns, reading
from accounts.csv_import.columns import Field
from accounts.csv_import.lines import Judge, LineFault
from accounts.csv_import.numbers import Broken, Reader, read
from accounts.csv_import.reading import Record, Unreadable, UnreadableError

TEXT = "email,full name\nann@example.org,Zoë\n"


def records(content: bytes) -> list[Record]:
    return list(reading.records(lambda: io.BytesIO(content)))


def lines(content: bytes) -> list[tuple[int, tuple[str, ...]]]:
    return [(record.line, record.cells) for record in records(content)]


def fault(content: bytes) -> tuple[Unreadable, int]:
    with pytest.raises(UnreadableError) as refused:
        records(content)
    return refused.value.fault, refused.value.line


def judged(header: Sequence[str], cells: Sequence[str]) -> list[str]:
    mapped = columns.guess(header)
    judge = Judge(header, mapped, Reader("GB"), is_administrator=True)
    _, findings = judge.judge(Record(2, tuple(cells)))
    return [finding.fault for finding in findings]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_read(encoding: str) -> None:
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    content = marks.get(encoding, b"") + TEXT.encode(encoding)
    assert lines(content)[1] == (2, ("ann@example.org", "Zoë"))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "mac-roman", "cp850"])
def test_other_encodings_are_never_guessed(encoding: str) -> None:
    assert fault(TEXT.encode(encoding)) == (Unreadable.NOT_UTF8, 2)


@pytest.mark.parametrize("encoding", ["utf-32", "utf-16"])
def test_damaged_wide_encodings_are_refused(encoding: str) -> None:
    assert fault(TEXT.encode(encoding)[:-1])[0] is Unreadable.NOT_UTF8


def test_archives_and_workbooks_are_named() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("people.csv", b"0" * 1_000_000)
    for content in (archive.getvalue(), gzip.compress(b"a,b"), b"%PDF-1.7", b"\xd0\xcf\x11\xe0"):
        assert fault(content)[0] is Unreadable.OTHER_FORMAT


@pytest.mark.parametrize("content", [b"", b"\n\r\n", b"\xef\xbb\xbf", b",,,\n ; \n"])
def test_nothing_is_no_file(content: bytes) -> None:
    assert fault(content) == (Unreadable.NO_HEADER, 0)


def test_quotation_mark_without_an_end_is_named_with_its_line() -> None:
    content = b'email,name\na@example.org,A\nb@example.org,"B\nc@example.org,C\n'
    assert fault(content) == (Unreadable.OPEN_QUOTE, 3)


def test_wrong_quotation_marks_are_the_fault_of_one_line() -> None:
    found = records(b'email,name\na@x.org,"A" B\nb@x.org,B\n')
    assert [(record.line, record.well_formed) for record in found] == [
        (1, True),
        (2, False),
        (3, True),
    ]


def test_line_ends_of_all_systems() -> None:
    for end in ("\n", "\r\n", "\r"):
        content = end.join(("", "email;name", "", 'a@x.org;"A', 'B"', "b@x.org;B")).encode()
        assert [line for line, _ in lines(content)] == [2, 4, 6]


def test_first_line_of_excel_names_the_delimiter() -> None:
    assert lines(b"sep=;\nemail;name, full\na@x.org;A\n") == [
        (2, ("email", "name, full")),
        (3, ("a@x.org", "A")),
    ]


def test_long_cells_and_nul_are_faults_of_their_line() -> None:
    content = b"email,name\na@x.org," + b"A" * 1_000_000 + b"\nb@x.org,B\0\nc@x.org,C\n"
    header, long, nul, fine = records(content)
    assert judged(header.cells, long.cells) == [LineFault.TOO_LONG]
    assert judged(header.cells, nul.cells) == [LineFault.NOT_TEXT]
    assert judged(header.cells, fine.cells) == []


def test_file_with_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_LINES", 2)
    assert fault(b"email\na@x.org\nb@x.org\nc@x.org\n") == (Unreadable.TOO_MANY_LINES, 4)


def test_line_with_too_many_values_is_refused() -> None:
    """Ten thousand columns made a form that took a minute and 600 MB. Empty ones do no harm."""
    wide = b"email" + b",x" * reading.MOST_COLUMNS
    assert fault(wide + b"\na@x.org\n") == (Unreadable.TOO_MANY_COLUMNS, 1)
    assert fault(b"email\n" + wide + b"\n") == (Unreadable.TOO_MANY_COLUMNS, 2)
    assert len(records(b"email" + b"," * 10_000 + b"\na@x.org" + b"," * 10_000)) == 2


def test_reading_leaves_room_for_cells_of_any_allowed_file() -> None:
    records(TEXT.encode())
    assert csv.field_size_limit() == reading.MOST_BYTES


def test_two_columns_for_one_field_are_refused_with_both_names() -> None:
    header = ("Email", "Mobile", "Handy")
    with pytest.raises(UnreadableError) as refused:
        columns.check(header, columns.guess(header))
    assert (refused.value.fault, refused.value.names) == (
        Unreadable.SAME_FIELD,
        ("Mobile", "Handy"),
    )


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("E-Mail-Adresse", Field.EMAIL),
        ("Adresse e-mail", Field.EMAIL),
        ("Correo electrónico", Field.EMAIL),
        ("Vollständiger Name", Field.FULL_NAME),
        ("Nom complet", Field.FULL_NAME),
        ("Téléphone portable", Field.MOBILE),
        ("MOBILE_PHONE", Field.MOBILE),
        ("First Name", Field.FIRST_NAME),
        ("Vorname", Field.FIRST_NAME),
        ("Prénom", Field.FIRST_NAME),
        ("Imię", Field.FIRST_NAME),
        ("Surname", Field.LAST_NAME),
        ("Nachname", Field.LAST_NAME),
        ("Nom de famille", Field.LAST_NAME),
        ("Apellidos", Field.LAST_NAME),
        ("Benutzername", Field.USERNAME),
        ("Rôle", Field.ROLE),
        ("Organisation", Field.ORGANIZATION),
        ("Cost Centre", None),
    ],
)
def test_header_names_of_other_languages(name: str, field: Field | None) -> None:
    assert columns.guess([name]).get(0) is field


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (("Vorname", "Name"), (Field.FIRST_NAME, Field.LAST_NAME)),
        (("Nom", "Prénom"), (Field.LAST_NAME, Field.FIRST_NAME)),
        (("Nombre", "Apellidos"), (Field.FIRST_NAME, Field.LAST_NAME)),
        (("Name", "Surname"), (Field.FIRST_NAME, Field.LAST_NAME)),
        (("Full name", "Surname"), (Field.FULL_NAME, Field.LAST_NAME)),
        (("First", "Last", "Name"), (Field.FIRST_NAME, Field.LAST_NAME, Field.FULL_NAME)),
    ],
)
def test_name_beside_one_part_of_it_is_the_other_part(
    header: tuple[str, ...], fields: tuple[Field, ...]
) -> None:
    assert tuple(columns.guess(header).values()) == fields


def test_first_and_last_name_join_in_this_order() -> None:
    header = ("Last name", "email", "First name")
    judge = Judge(header, columns.guess(header), Reader("GB"), is_administrator=True)
    rows = [("Berg", "a@x.org", " Ann  Lee"), ("Berg", "b@x.org"), ("=Berg", "c@x.org", "Cy")]
    found = [judge.judge(Record(2, row)) for row in rows]
    assert [person and person.full_name for person, _ in found] == [
        "Ann Lee Berg",
        "Berg",
        "Cy =Berg",
    ]
    assert [(each.fault, each.field) for _, faults in found for each in faults] == [
        (LineFault.NAME_DOUBTFUL, Field.LAST_NAME)
    ]


def test_name_that_is_there_twice_is_refused_with_all_columns() -> None:
    """csv7: which of them is right, only the author knows."""
    header = ("Email", "First", "Last", "Full name")
    with pytest.raises(UnreadableError) as refused:
        columns.check(header, columns.guess(header))
    assert (refused.value.fault, refused.value.names) == (
        Unreadable.NAME_TWICE,
        ("Full name", "First", "Last"),
    )


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (("", "No Email"), LineFault.NO_EMAIL),
        (("a@b@c.org", "Two Ats"), LineFault.EMAIL),
        (("ä@example.org", "Accent"), LineFault.EMAIL),
        (("a@example.org; b@example.org", "Two"), LineFault.EMAIL),
        (("a@example.org", "N" * 151), LineFault.NAME_LONG),
        (("a@example.org", "Turned \u202e name"), LineFault.NOT_TEXT),
        (("a@example.org", "N", "boss"), LineFault.ROLE),
        (("a@example.org", "N", "", "a@b"), LineFault.USERNAME),
        (("a@example.org", "N", "", "u" * 151), LineFault.USERNAME),
    ],
)
def test_bad_cells_are_named(cells: tuple[str, ...], fault: LineFault) -> None:
    assert judged(("email", "name", "role", "username"), cells) == [fault]


@pytest.mark.parametrize(
    ("cell", "home", "number"),
    [
        ("447400123456", "GB", "+447400123456"),
        ("447400123456", "US", "+447400123456"),
        ("7400123456", "GB", "+447400123456"),
        ("2025550123", "US", "+12025550123"),
        ("0044 7400 123456", "GB", "+447400123456"),
        ("4,474E+11", "GB", Broken.ROUNDED),
        ("#N/A", "GB", Broken.ERROR),
        ("07400 123456 or 07400 123457", "GB", Broken.SEVERAL),
        ("07400 12345", "GB", Broken.UNREADABLE),
        ("0900 1234567", "DE", Broken.NO_TEXTS),
    ],
)
def test_numbers_have_one_reading_or_none(cell: str, home: str, number: str) -> None:
    assert read(cell, Reader(home)) == number


def test_number_with_two_readings_is_left_out() -> None:
    """In Germany it dials 0160 22345678, and with a lost plus it is in Arizona."""
    assert read("16022345678", Reader("DE")) is Broken.AMBIGUOUS
    assert read("+16022345678", Reader("DE")) == "+16022345678"
