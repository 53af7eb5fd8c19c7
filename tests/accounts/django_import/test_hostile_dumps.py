"""Dumps that people of the other project filled with what breaks things."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import CommandError, call_command

from accounts.models import ImportedHash, User
from accounts.people import imported_hashes
from mfa.models import Factor
from tests.portal_client import Browser

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


def test_costly_hash_is_not_imported(tmp_path: Path) -> None:
    """S11: each login pays for the slowest imported hash."""
    words = ran(tmp_path, person(1, "ann@example.org", password=DEAR))
    assert "1 hasher" in words
    assert not ImportedHash.objects.exists()
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize(
    "encoded",
    [
        "pbkdf2_sha256$-1$salt$hash",
        "pbkdf2_sha256$0$salt$hash",
        "pbkdf2_sha256$1$$hash",
        "argon2$argon2id$v=19$m=0,t=0,p=0$c2FsdHNhbHQ$aGFzaGhhc2g",
        "argon2$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        "argon2$argon2id$v=19$m=8,t=1,p=2$c2FsdHNhbHQ$aGFzaGhhc2g",
        # Five seconds for everyone
        "argon2$argon2id$v=19$m=262144,t=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    ],
)
def test_hash_that_no_login_can_run_does_not_come(tmp_path: Path, encoded: str) -> None:
    """Everyone's login runs the imported hashes, so it would fail for everyone."""
    assert "1 hasher" in ran(tmp_path, person(1, "ann@example.org", password=encoded))
    User.objects.update(password=encoded)
    imported_hashes.tidy()
    assert not ImportedHash.objects.exists()
    for email in ("ann@example.org", "nobody@example.org"):
        answer = Browser().post("/login/", {"email": email, "password": "not the password"})
        assert answer.status_code == 200


def test_everyones_login_pays_for_few_kinds_of_hashes(tmp_path: Path) -> None:
    hashes = [HASH] + [
        f"argon2$argon2id$v=19$m={m},t=1,p=1$c2FsdHNhbHQ$aGFzaA" for m in range(9, 14)
    ]
    ann = person(1, "ann@example.org", password=hashes[5])
    people = [
        person(pk, f"user{pk}@example.org", password=each) for pk, each in enumerate(hashes, 2)
    ]
    assert "3 hasher" in ran(tmp_path, ann, *people)
    held = User.objects.exclude(password__startswith="!")
    assert held.filter(password=hashes[5]).count() == 2
    assert ImportedHash.objects.count() == 3
    assert "1 hasher" in ran(tmp_path, person(9, "eve@example.org", password=hashes[4]))


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "not hex"},
        {"key": ""},
        {"key": "31" * 10},
        {"key": "31" * 100_000},
        {"digits": "6"},
        {"step": 10**400},
        {"t0": 1},
    ],
)
def test_unusable_app_is_left_out_and_binds_the_person(tmp_path: Path, fields: dict) -> None:
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


def test_list_as_a_key_takes_no_second_step_of_the_username(tmp_path: Path) -> None:
    charlie = person(["ann"], "charlie@example.org", username="charlie")
    with pytest.raises(CommandError, match="not written by dumpdata"):
        ran(tmp_path, person(1, "ann@example.org", username="ann"), charlie, app(["ann"]))
    assert not User.objects.exists()


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
