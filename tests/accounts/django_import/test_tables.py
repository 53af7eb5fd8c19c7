"""`manage.py import_django --database`: the same people as with a file of dumpdata."""

from collections.abc import Callable
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.management import CommandError, call_command

from accounts.models import User
from mfa.models import Factor
from mfa.models.passkeys import Passkey
from tests.accounts.django_import.conftest import Dump, run
from tests.accounts.django_import.test_run import log_in_by_app, log_in_by_text
from tests.processes import services

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("policy")]
PEOPLE = 30
PACKAGES = ("otp", "two_factor", "allauth")
Make = Callable[[str, int], Dump]


def said(*words: str) -> str:
    out = StringIO()
    call_command("import_django", *words, stdout=out)
    return out.getvalue()


def all_here() -> list[object]:
    """Return everyone and their second steps, without times and hashes that were made here."""
    people = User.objects.order_by("email").values_list(
        "email", "full_name", "password", "is_active", "date_joined", "last_login"
    )
    factors = Factor.objects.order_by("user__email", "kind", "target", "name").values_list(
        "user__email", "kind", "target", "name", "secret", "last_step", "preferred"
    )
    apps = Factor.objects.filter(kind="app").order_by("pk").values_list("secret", "confirmed_at")
    keys = Passkey.objects.order_by("credential_id").values_list("credential_id", "sign_count")
    return [[tuple(map(rounded, row)) for row in rows] for rows in (people, factors, apps, keys)]


def rounded(value: object) -> object:
    """A dump holds no parts of a millisecond, and an unusable password is random."""
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return "" if str(value).startswith(UNUSABLE_PASSWORD_PREFIX) else value


def assert_the_same_comes(made: Dump, folder: Path) -> None:
    files = [folder / "of_dump.csv", folder / "of_tables.csv"]
    sources = [(str(made.path),), ("--database", made.database)]
    reports, found = [], []
    for source, file in zip(sources, files, strict=True):
        # Without the rows of the first run
        User.objects.all().delete()
        reports.append(said(*source, "--left-out", str(file)))
        found.append(all_here())
    assert reports[0] == reports[1]
    assert found[0] == found[1]
    assert found[0][0]
    assert found[0][1]
    assert numbered(files[0]) == numbered(files[1])


def numbered(file: Path) -> list[str]:
    """Return the lines without the numbers, which natural keys leave out of a dump."""
    rows = [line.split(",") for line in file.read_text().splitlines()]
    return sorted(",".join((row[0], *row[2:])) for row in rows)


@pytest.mark.parametrize("package", PACKAGES)
def test_tables_bring_the_same_as_a_file(dump: Make, package: str, tmp_path: Path) -> None:
    assert_the_same_comes(dump(package, PEOPLE), tmp_path)


@pytest.mark.processes
@pytest.mark.parametrize("package", PACKAGES)
def test_tables_of_postgresql_bring_the_same(package: str, tmp_path: Path) -> None:
    with services.database(services.postgresql()) as database:
        assert_the_same_comes(run(package, PEOPLE, tmp_path, database), tmp_path)


def test_person_of_a_database_logs_in_as_before(dump: Make) -> None:
    otp, two_factor = dump("otp", PEOPLE), dump("two_factor", PEOPLE)
    said("--database", otp.database)
    said("--database", two_factor.database)
    assert log_in_by_app(otp.facts[0]).signed_in
    assert log_in_by_text(two_factor.facts[0]).signed_in


def test_database_is_only_read(dump: Make) -> None:
    made = dump("otp", PEOPLE)
    file = Path(made.database.removeprefix("sqlite://"))
    before = file.read_bytes()
    said("--database", made.database)
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.glob("*.sqlite3*")] == [file.name]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ((), "Name a file, or --database URL"),
        (("people.json", "--database", "sqlite:///x"), "Name a file, or --database URL"),
        (("--database", "sqlite:////nowhere/at/all"), "the file of an SQLite database"),
        (("--database", "mysql://other.example/people"), "Name a PostgreSQL database"),
        (("--database", "postgres://me:secret@127.0.0.1:9/people"), "cannot be read"),
        (("--database", "nonsense"), "Name a PostgreSQL database"),
    ],
)
def test_other_sources_are_refused(words: tuple[str, ...], refusal: str) -> None:
    with pytest.raises(CommandError, match=refusal) as refused:
        said(*words)
    assert "secret" not in str(refused.value)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "people.sqlite3"
    file.write_text("email,name\n" * 100)
    with pytest.raises(CommandError, match="cannot be read"):
        said("--database", f"sqlite:///{file}")


def test_other_tables_of_people_are_named(dump: Make) -> None:
    made = dump("otp", PEOPLE)
    with pytest.raises(CommandError, match="--user-model with one of: auth_user"):
        said("--database", made.database, "--user-model", "people.person")
    assert f"{PEOPLE + 14} people" in said(
        "--database", made.database, "--user-model", "auth_user", "--dry-run"
    )
