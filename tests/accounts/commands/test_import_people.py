"""`manage.py import_people`: says what the page says, and continues after a kill."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.csv_import import part
from accounts.models import ImportLine, PeopleImport, User
from mfa.models import SitePolicy
from tests.organizations import organization

LINES = "email,full name,shoe\n" + "".join(f"p{each}@example.org,P,9\n" for each in range(4))


@pytest.fixture
def file(tmp_path: Path, policy: SitePolicy) -> str:
    organization("Acme")
    path = tmp_path / "people.csv"
    path.write_text(LINES + "bad@example,B,9\n")
    return str(path)


def said(*words: str, **options: object) -> str:
    out = StringIO()
    call_command("import_people", *words, stdout=out, **options)
    return out.getvalue()


def test_dry_run_says_everything_and_leaves_nothing(file: str) -> None:
    words = said(file, "--organization", "acme", "--dry-run")
    assert "email -> email" in words
    assert "shoe is not used" in words
    assert "line 6, email (b…@example): This is not an email address." in words
    assert "5 lines: 4 new" in words
    assert "1 bad" in words
    assert not PeopleImport.objects.exists()
    assert not User.objects.exists()


def test_dry_run_lists_each_person_and_who_gets_an_email(file: str, tmp_path: Path) -> None:
    people = tmp_path / "list.csv"
    words = said(file, "--dry-run", "--people", str(people))
    assert "No one gets an email unless you choose it. Then 4 new people get a link" in words
    with people.open(newline="") as rows:
        listed = list(csv.DictReader(rows))
    assert [row["Email"] for row in listed] == [f"p{each}@example.org" for each in range(4)]
    assert {row["Gets an email, if you choose it"] for row in listed} == {"yes"}
    with pytest.raises(CommandError, match="File exists"):
        said(file, "--dry-run", "--people", str(people))


def test_real_run_ends_with_the_same_totals(file: str) -> None:
    words = said(file, "--organization", "acme")
    assert words.count("5 lines: 4 new") == 2
    assert User.objects.filter(home__organization__slug="acme").count() == 4


def test_killed_command_continues_by_its_number(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kill comes after two people; each batch is in one transaction."""
    monkeypatch.setattr(part, "MOST", 2)
    changes_of, calls = part.changes_of, []

    def killed(line: ImportLine, *args: object, **kwargs: object) -> object:
        calls.append(line.line)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return changes_of(line, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(part, "changes_of", killed)
    with pytest.raises(KeyboardInterrupt):
        said(file, "--organization", "acme")
    assert User.objects.count() == 2
    number = PeopleImport.objects.get().pk
    words = said("--resume", str(number))
    assert User.objects.count() == 4
    assert "5 lines: 4 new" in words
    with pytest.raises(CommandError, match="no import"):
        said("--resume", str(number))


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ((), "Name a file"),
        (("/nowhere.csv",), "cannot be read"),
        (("FILE", "--organization", "nowhere"), "no organization"),
    ],
)
def test_mistakes_are_named(file: str, words: tuple[str, ...], refusal: str) -> None:
    with pytest.raises(CommandError, match=refusal):
        said(*(file if word == "FILE" else word for word in words))


def test_file_that_cannot_be_imported_is_refused_in_words(tmp_path: Path, db: None) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("email,name\nann@example.org,Zoë\n".encode("latin-1"))
    with pytest.raises(CommandError, match="Line 2: This file is not UTF-8"):
        said(str(path))
    path.write_text("email,name\n")
    with pytest.raises(CommandError, match="no people"):
        said(str(path))
    assert not PeopleImport.objects.exists()
