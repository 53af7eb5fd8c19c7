"""Nasty files, and what a good dry run says about each."""

from pathlib import Path

import pytest

from accounts.csv_import import dry_run, uploads, words
from accounts.csv_import.lines import LineFault
from accounts.csv_import.numbers import Broken
from accounts.csv_import.reading import UnreadableError
from accounts.models import Organization, PeopleImport, User
from mfa.models import SitePolicy

FILES = Path(__file__).parent / "files"
MEMBER = "member"


@pytest.fixture(autouse=True)
def _test_numbers(settings: object, policy: SitePolicy) -> None:
    settings.SMS_TEST_NUMBERS = ["+447700900"]  # type: ignore[attr-defined]


@pytest.fixture
def clinic(policy: SitePolicy) -> Organization:
    return Organization.objects.create(name="Maple Clinic", slug="maple-clinic")


def checked(name: str, clinic: Organization, *, by: User | None = None) -> PeopleImport:
    """Return a file's import after the dry run. By a manager, it invites."""
    content = (FILES / name).read_bytes()
    held = uploads.store(by, clinic, content, name=name, invites=by is not None)
    uploads.map_columns(held, uploads.mapped_in(held))
    assert not dry_run.check(held.pk, seconds=60)
    held.refresh_from_db()
    return held


def good(held: PeopleImport) -> dict[int, tuple[str, str]]:
    """Return the name and number of each line to import."""
    return {line.line: (line.full_name, line.mobile) for line in held.lines.all()}


def found(held: PeopleImport) -> dict[int, str]:
    return dict(held.findings.values_list("line", "fault"))


def refusal(name: str, clinic: Organization) -> str:
    try:
        held = checked(name, clinic)
    except UnreadableError as error:
        return words.of_file(error.fault, error.line, error.names)
    return words.of_file(held.fault, held.fault_line, held.fault_names)


def test_byte_order_mark_is_not_part_of_the_first_column(clinic: Organization) -> None:
    held = checked("01-bom.csv", clinic)
    assert good(held) == {2: ("Ann Bom", "+447700900203"), 3: ("Bo Bom", "+447700900204")}


def test_semicolons_separate_and_commas_stay_in_names(clinic: Organization) -> None:
    held = checked("02-semicolons.csv", clinic)
    names = [name for name, _ in good(held).values()]
    assert names == ["Semi, Ann", "Semi; Bo", "Semi, Cy, Jr."]
    assert not found(held)


def test_tab_in_a_name_becomes_a_space(clinic: Organization) -> None:
    held = checked("03-tabs.csv", clinic)
    assert [name for name, _ in good(held).values()] == ["Tab, Ann; of York", "Bo Tab"]


def test_line_is_the_one_on_which_a_record_starts(clinic: Organization) -> None:
    held = checked("04-quoted-newlines.csv", clinic)
    lines = good(held)
    assert (lines[2][0], lines[4][0]) == ("Ann Lines", "Bo van der Lines")
    assert lines[8] == ('Di "the" Lines', "")
    assert found(held) == {7: LineFault.EMAIL, 8: Broken.UNREADABLE}


def test_other_encodings_are_refused_with_the_line_and_a_remedy(clinic: Organization) -> None:
    words = refusal("05-windows-1252.csv", clinic)
    assert words == ("Line 2: This file is not UTF-8. In Excel choose File, Save As, CSV UTF-8.")


def test_numbers_broken_by_a_spreadsheet(clinic: Organization) -> None:
    held = checked("06-numbers-from-excel.csv", clinic)
    numbers = {line: number for line, (_, number) in good(held).items()}
    assert numbers == {
        2: "+447700900112",
        3: "+447700900113",
        4: "",
        5: "+447700900115",
        6: "+447700900116",
        7: "+447700900117",
        8: "",
        9: "",
        10: "+447700900118",
    }
    assert found(held) == {4: Broken.ROUNDED, 8: Broken.ERROR, 9: Broken.ERROR}


def test_formulas_are_plain_text_and_named(clinic: Organization) -> None:
    held = checked("07-formulas.csv", clinic)
    assert len(good(held)) == 6
    assert found(held) == dict.fromkeys(range(2, 8), LineFault.NAME_DOUBTFUL)


def test_same_address_counts_once_and_a_contradiction_is_named(clinic: Organization) -> None:
    held = checked("08-doubles-in-other-case.csv", clinic)
    assert held.counts == {"new": 2, "repeated": 2, "bad": 1}
    conflict = held.findings.get()
    assert (conflict.line, conflict.fault, conflict.other_line) == (6, LineFault.CONFLICT, 2)
    assert "See line 2." in words.reason_of(conflict)


def test_values_in_columns_without_a_name_make_a_line_bad(clinic: Organization) -> None:
    held = checked("09-trailing-commas.csv", clinic)
    assert list(good(held)) == [2, 3, 6]
    assert found(held) == {4: LineFault.STRAY, 5: LineFault.STRAY}


def test_empty_lines_are_skipped(clinic: Organization) -> None:
    held = checked("10-empty-lines.csv", clinic)
    assert list(good(held)) == [5, 11]
    assert found(held) == {9: LineFault.EMAIL}
    assert held.total == 3


def test_other_words_in_the_header(clinic: Organization) -> None:
    name = "11-header-synonyms.csv"
    held = checked(name, clinic)
    assert list(held.columns.values()) == ["email", "full_name", "mobile", "username", "role"]
    header = ("", "", "", "", "", "Cost Centre")
    assert dry_run.unused_columns(held, header) == ["Cost Centre"]
    assert list(held.lines.values_list("username", "role")) == [
        ("annhead", MEMBER),
        ("bohead", MEMBER),
    ]


def test_missing_email_column_is_one_message(clinic: Organization) -> None:
    assert refusal("12-no-email-column.csv", clinic) == (
        "No column holds the email. The columns are: full name, mobile, role."
    )


def test_staff_look_like_everyone_to_a_manager(clinic: Organization, root: User) -> None:
    User.objects.create_user("sam@example.com", is_staff=True)
    User.objects.filter(pk=root.pk).update(email="admin@example.com")
    manager = User.objects.create_user("mia@example.com")
    held = checked("13-a-row-for-staff.csv", clinic, by=manager)
    assert held.counts == {"invited": 3}
    assert found(held) == {3: LineFault.ROLE_ADMINISTRATORS}
    for_administrators = checked("13-a-row-for-staff.csv", clinic)
    assert for_administrators.counts == {"refused": 2, "new": 1}
    assert found(for_administrators) == {2: LineFault.STAFF, 3: LineFault.STAFF}


def test_landlines_stay_and_other_numbers_are_named(clinic: Organization) -> None:
    held = checked("14-landlines.csv", clinic)
    numbers = [number for _, number in good(held).values()]
    assert numbers == ["+442079460000", "", "", "", ""]
    assert found(held) == {3: Broken.NO_TEXTS, 5: Broken.UNREADABLE, 6: Broken.SEVERAL}


def test_columns_for_powers_are_not_used(clinic: Organization) -> None:
    name = "15-columns-that-must-not-count.csv"
    held = checked(name, clinic)
    header = (FILES / name).read_text().splitlines()[0].split(",")
    assert dry_run.unused_columns(held, header) == header[3:]
    line = held.lines.get()
    assert (line.organization, line.role) == (clinic, MEMBER)


def test_header_alone_is_not_a_success(clinic: Organization) -> None:
    assert refusal("16-header-only.csv", clinic) == "There are no people in this file."
