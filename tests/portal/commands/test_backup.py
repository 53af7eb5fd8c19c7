"""`manage.py backup` and `restore`: refusals, and what a restore ends."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from mfa.models import Challenge, Delivery, Session
from portal import backups
from tests.portal_client import Browser, code

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no tools of its own"
)
on_sqlite = pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL has tools")


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@on_sqlite
@pytest.mark.parametrize(
    ("words", "said"), [(["backup", "."], "sqlite3"), (["restore", "x"], "DATABASE_URL")]
)
def test_backup_and_restore_of_sqlite_are_refused(db, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*words)


@on_postgresql
def test_dump_is_written_and_old_ones_removed(db, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        (tmp_path / f"portal-2026010{day}T023000Z.dump").touch()
    assert "removed 2 old dumps" in run("backup", str(tmp_path), "--keep", "2")
    newest = max(tmp_path.iterdir())
    assert newest.read_bytes().startswith(b"PGDMP")
    assert newest.stat().st_mode & 0o077 == 0


@on_postgresql
def test_failed_dump_tool_leaves_no_file(db, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "--no-such-option")
    with pytest.raises(CommandError, match="pg_dump"):
        run("backup", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@on_postgresql
def test_missing_tool_is_named(db, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandError, match="PostgreSQL's client"):
        run("backup", str(tmp_path))


@on_postgresql
@pytest.mark.parametrize("words", [["/no/such/folder"], [".", "--keep", "0"]])
def test_wrong_folder_is_reported(db, words: list[str]) -> None:
    with pytest.raises(CommandError, match="a folder that exists"):
        run("backup", *words)


@on_postgresql
def test_restore_does_not_overwrite(db, tmp_path: Path) -> None:
    dump = tmp_path / "portal.dump"
    with pytest.raises(CommandError, match="no file"):
        run("restore", str(dump))
    dump.touch()
    with pytest.raises(CommandError, match="not empty"):
        run("restore", str(dump))


def test_restore_ends_everything_that_was_open(
    browser: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    """OT-03, SS-05: otherwise a code used since the dump would work again."""
    browser.log_in(alice)
    other_browser.password(charlie)
    left = code("+447700900203")
    now = timezone.now()
    waiting = Delivery.objects.create(
        user=alice, message="code", channel="sms", target="+447700900201", created_at=now
    )
    backups.settle()
    waiting.refresh_from_db()
    assert waiting.state == "dropped"
    assert not Session.objects.exists()
    assert not Challenge.objects.open(now - timedelta(minutes=1)).exists()
    assert other_browser.post("/login/verify/", {"code": left}).url.startswith("/login/")
    assert not other_browser.signed_in
    assert browser.get("/me/").status_code == 302
