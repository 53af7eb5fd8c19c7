"""Dumps that people of the other project filled with what breaks things."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import CommandError, call_command

from accounts.models import ImportedHash, User
from mfa.models import Factor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("policy")]
SECRET = "31" * 20
HASH = PBKDF2PasswordHasher().encode("seven purple ferries cross", "salt", 10)
DEAR = HASH.replace("$10$", "$2000000000$")


def row(model: str, pk: object, **fields: object) -> dict[str, object]:
    return {"model": model, "pk": pk, "fields": fields}


def person(pk: object, email: object, **fields: object) -> dict[str, object]:
    values = {"username": f"user{pk}", "email": email, "password": HASH, **fields}
    return row("auth.user", pk, **values)


def app(user: object, **fields: object) -> dict[str, object]:
    values = {"key": SECRET, "step": 30, "digits": 6, "t0": 0, "confirmed": True, **fields}
    return row("otp_totp.totpdevice", 1, user=user, **values)


def ran(path: Path, *rows: dict[str, object]) -> str:
    file = path / "dump.json"
    file.write_text(json.dumps(rows))
    out = StringIO()
    call_command("import_django", str(file), stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    "fields",
    [
        {"first_name": "a\0b"},
        {"first_name": "\ud800"},
        {"first_name": "x" * 100_000},
        {"first_name": ["a"], "last_name": {"b": 1}},
        {"password": f"{HASH}\0"},
        {"password": f"{HASH}{'x' * 200}"},
        {"password": "pbkdf2_sha256$many$salt$hash"},
        {"password": 7},
        {"date_joined": "0001-01-01T00:00:00+23:00"},
        {"date_joined": "9999-12-31T23:59:59-23:00"},
        {"last_login": "tomorrow"},
        {"is_staff": "yes", "is_active": None},
    ],
)
def test_person_with_odd_values_comes_without_them(tmp_path: Path, fields: dict) -> None:
    assert "1 new" in ran(tmp_path, person(1, "ann@example.org", **fields))
    ann = User.objects.get()
    assert ann.full_name in {"", "a"}
    assert not ann.is_staff
    ann.check_password("anything")


def test_dear_hash_does_not_slow_down_everyone(tmp_path: Path) -> None:
    """S11: each login pays for the slowest imported hash."""
    words = ran(tmp_path, person(1, "ann@example.org", password=DEAR))
    assert "1 hasher" in words
    assert not ImportedHash.objects.exists()
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "not hex"},
        {"key": ""},
        {"key": "31" * 10},
        {"digits": "6"},
        {"step": 10**400},
        {"t0": 1},
    ],
)
def test_odd_app_is_left_out_and_binds_the_person(tmp_path: Path, fields: dict) -> None:
    ran(tmp_path, person(1, "ann@example.org"), app(1, **fields))
    assert not Factor.objects.exists()
    assert User.objects.get().ever_bound_at is not None


def test_used_code_of_the_far_future_fits_the_column(tmp_path: Path) -> None:
    assert "1 app" in ran(tmp_path, person(1, "ann@example.org"), app(1, last_t=10**300))


def test_username_of_another_persons_email_takes_no_second_step(tmp_path: Path) -> None:
    """A natural key is the login name, which Charlie chose to look like Ann's email."""
    charlie = person(None, "charlie@example.org", username="ann@example.org")
    ran(
        tmp_path, person(None, "ann@example.org", username="ann"), charlie, app(["ann@example.org"])
    )
    assert not User.objects.get(email="ann@example.org").factors.exists()
    assert User.objects.get(email="charlie@example.org").factors.count() == 1


def test_spellings_of_one_email_are_one_person(tmp_path: Path) -> None:
    twins = (person(1, "ann@example.org"), person(2, " ANN@example.org "))
    assert "2 duplicate" in ran(tmp_path, *twins)
    assert not User.objects.exists()


def test_most_apps_of_a_kind_come(tmp_path: Path) -> None:
    apps = [app(1, key=f"{number:02}" * 20) for number in range(10, 17)]
    words = ran(tmp_path, person(1, "ann@example.org"), *apps)
    assert "5 app" in words
    assert "2 too_many" in words


def test_file_is_not_overwritten_by_its_report(tmp_path: Path) -> None:
    file = tmp_path / "dump.json"
    file.write_text("[]")
    with pytest.raises(CommandError, match="Choose another file"):
        call_command("import_django", str(file), "--left-out", str(file))
    assert file.read_text() == "[]"


def test_windows_shell_may_redirect_the_dump(tmp_path: Path) -> None:
    file = tmp_path / "dump.json"
    file.write_text(json.dumps([person(1, "ann@example.org")]), encoding="utf-16")
    call_command("import_django", str(file), stdout=StringIO())
    assert User.objects.get().email == "ann@example.org"
