"""Everything out and into an empty portal: the same people log in, with the same second step."""

import hashlib
import json
import stat
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Membership, Organization, User
from mfa.models import AuditEvent, Factor, RecoveryCode, SitePolicy, SmsAccount
from mfa.models.passkeys import Passkey
from portal import archive
from tests.authenticator import give_app
from tests.conftest import give_codes, give_phone, make_user
from tests.lost_phone import start, stop_link
from tests.organizations import MANAGER, join, organization
from tests.passkeys import give_passkey
from tests.portal_client import Browser


def emptied() -> None:
    """Leave what a new portal has."""
    User.objects.update(home=None)
    Organization.objects.update(parent=None)
    for table in reversed(archive.TABLES):
        apps.get_model(table)._default_manager.all().delete()
    SitePolicy.load()


def snapshot() -> dict[str, list[dict[str, object]]]:
    """Return all rows, except which challenge a message had."""
    return {
        table: [
            {name: _plain(value) for name, value in row.items() if name != "challenge_id"}
            for row in apps.get_model(table)._default_manager.order_by("pk").values()
        ]
        for table in archive.TABLES
    }


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


@pytest.fixture
def company(policy: SitePolicy, alice: User, root: User) -> list[str]:
    """People with every kind of factor. Return Alice's recovery codes."""
    acme = organization("Acme", methods=["phone", "app", "passkey", "recovery_codes"])
    organization("Globex", acme)
    join(alice, acme, role=MANAGER)
    give_phone(join(make_user("ben@example.org"), acme), "+447700900212")
    give_passkey(alice, "Blue key")
    group = Group.objects.create(name="Auditors")
    group.permissions.add(Permission.objects.get(codename="view_auditevent"))
    root.groups.add(group)
    root.user_permissions.add(Permission.objects.get(codename="rescue_person"))
    return give_codes(User.objects.get(pk=alice.pk))


def test_owner_can_stop_request_after_a_lost_phone_in_the_new_portal(
    company: list[str], alice: User, tmp_path: Path, browser: Browser
) -> None:
    """The person's column came along without the request that its notices stop."""
    ben = User.objects.get(email="ben@example.org")
    start(browser, ben)
    link = stop_link(ben)
    call_command("export_all", tmp_path / "all", secrets=True)
    emptied()
    call_command("import_all", tmp_path / "all")
    Browser().post(link)
    ben.refresh_from_db()
    assert ben.recovery_ready_at is None


def test_round_trip_keeps_every_row_and_login(
    company: list[str], alice: User, tmp_path: Path, browser: Browser
) -> None:
    ben = User.objects.get(email="ben@example.org")
    Browser().log_in(ben)
    before = snapshot()
    call_command("export_all", tmp_path / "all", secrets=True)
    emptied()
    call_command("import_all", tmp_path / "all")
    after = snapshot()
    assert after == before
    connection.check_constraints()
    assert SmsAccount.objects.get().auth_token == "token" * 6 + "ab12"
    held = User.objects.get(email="root@example.org")
    assert held.groups.get().permissions.get().codename == "view_auditevent"
    assert held.has_perm("mfa.rescue_person")
    browser.log_in(ben)
    assert browser.signed_in
    other = Browser()
    other.password(alice)
    other.post("/login/recovery-code/", {"code": company[0]})
    assert other.signed_in
    # New rows get new ids.
    assert make_user("new@example.org").pk > held.pk


def test_export_without_secrets_holds_none(company: list[str], alice: User, tmp_path: Path) -> None:
    secret = give_app(alice).secret
    folder = tmp_path / "all"
    call_command("export_all", folder)
    text = "".join(path.read_text() for path in folder.iterdir())
    assert "argon2" not in text
    assert secret not in text
    assert "token" * 6 + "ab12" not in text
    assert not list(folder.glob("mfa.recoverycode*"))
    emptied()
    call_command("import_all", folder)
    held = User.objects.get(pk=alice.pk)
    assert not held.has_usable_password()
    assert held.ever_bound_at == alice.ever_bound_at
    assert Membership.objects.get(user=held).role == MANAGER


def test_only_the_owner_reads_the_files(company: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "all"
    call_command("export_all", folder, secrets=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    with pytest.raises(CommandError, match="not empty"):
        call_command("export_all", folder)


def test_portal_with_people_and_changed_files_are_refused(
    company: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "all"
    call_command("export_all", folder, secrets=True)
    with pytest.raises(CommandError, match="Use an empty one"):
        call_command("import_all", folder)
    people = User.objects.count()
    emptied()
    path = folder / "accounts.user.jsonl"
    path.write_text(path.read_text().replace('"is_staff": false', '"is_staff": true'))
    with pytest.raises(CommandError, match=r"accounts\.user\.jsonl was changed"):
        call_command("import_all", folder)
    path.unlink()
    with pytest.raises(CommandError, match="is missing"):
        call_command("import_all", folder)
    with pytest.raises(CommandError, match="no about"):
        call_command("import_all", tmp_path)
    assert people
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "about",
    [
        "",
        "[]",
        "7",
        "[" * 100_000,
        '{"version": 1, "files": []}',
        '{"version": 1, "files": {"accounts.user": 3}}',
        '{"version": 1, "files": {"accounts.user": {"rows": 1}}}',
    ],
)
def test_broken_description_is_refused(tmp_path: Path, about: str) -> None:
    (tmp_path / "about.json").write_text(about)
    with pytest.raises(CommandError, match="no about"):
        call_command("import_all", tmp_path)


@pytest.mark.parametrize("line", ['{"model": "accounts.user", "pk": 1, "fields": {}}', "[1]", "x"])
def test_row_of_another_table_is_refused(tmp_path: Path, line: str) -> None:
    """A file of tiles that brings a superuser, which no count mentions."""
    (tmp_path / "accounts.tile.jsonl").write_text(line)
    tiles = {"rows": 1, "sha256": hashlib.sha256(line.encode()).hexdigest()}
    about = {"version": 1, "files": {"accounts.tile": tiles}}
    (tmp_path / "about.json").write_text(json.dumps(about))
    with pytest.raises(CommandError, match=r"no row of accounts\.tile"):
        call_command("import_all", tmp_path)


def test_every_table_is_exported_or_left_out_for_a_reason() -> None:
    left_out = {
        "mfa.session": "people log in again",
        "mfa.challenge": "it expires within minutes",
        "mfa.passkeychallenge": "it expires within minutes",
        "mfa.trustedbrowser": "the cookies are bound to this portal's key",
        "mfa.counter": "limits start again",
        "mfa.lockout": "limits start again",
        "mfa.metric": "figures of this machine",
        "mfa.job": "the audit says what was done",
        "mfa.outboxmessage": "only the demo has any",
        "accounts.registration": "not an account yet",
        "accounts.peopleimport": "deleted after a week",
        "accounts.importpart": "deleted after a week",
        "accounts.importline": "deleted after a week",
        "accounts.importfinding": "deleted after a week",
        "mfa.pushrequest": "it expires within minutes",
        "mfa.recoveryrequest": "people ask again",
        "mfa.onetimepass": "support makes another",
    }
    ours = {
        model._meta.label_lower
        for app in ("mfa", "accounts")
        for model in apps.get_app_config(app).get_models()
        if not model._meta.proxy
    }
    assert ours == {table for table in archive.TABLES if table != "auth.group"} | set(left_out)


def test_about_names_the_rows_of_each_file(company: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "all"
    written = archive.write(folder, secrets=True)
    about = json.loads((folder / "about.json").read_text())
    assert written.rows["mfa.factor"] == Factor.objects.count()
    assert written.rows["mfa.passkey"] == Passkey.objects.count() == 1
    assert written.rows["mfa.recoverycode"] == RecoveryCode.objects.count() == 10
    assert written.rows["mfa.auditevent"] == AuditEvent.objects.count()
    assert {table: each["rows"] for table, each in about["files"].items()} == written.rows
    assert Organization.objects.count() == 2
