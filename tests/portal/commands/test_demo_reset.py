"""`manage.py demo_reset`: what it deletes, and what it leaves alone."""

import os
import socket
import sqlite3
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.demo.organizations import CROWD
from portal.demo.people import PEOPLE
from tests.processes.process import free_port, run

SETTINGS = """
from portal.settings import *
DATABASES["default"]["NAME"] = SQLITE["NAME"] = {path!r}
"""


@pytest.fixture
def demo(settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The settings of a local demo whose database is a file."""
    settings.DEMO, settings.HTTPS, settings.HOST = True, False, "127.0.0.1"
    settings.PORT = free_port()
    file = tmp_path / "db.sqlite3"
    settings.SQLITE = {**settings.SQLITE, "NAME": str(file)}
    monkeypatch.setitem(settings.DATABASES, "default", settings.SQLITE)
    file.write_bytes(b"kept")
    return file


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DEMO", False, "DEMO is off"),
        ("HTTPS", True, "BASE_URL is public"),
        ("HOST", "portal.example.com", "BASE_URL is public"),
        ("SQLITE", {"NAME": "another file"}, "DATABASE_URL is set"),
    ],
)
def test_reset_outside_local_demo_is_refused(
    demo: Path, settings, name: str, value: object, said: str
) -> None:
    setattr(settings, name, value)
    with pytest.raises(CommandError, match=said):
        call_command("demo_reset")
    assert demo.read_bytes() == b"kept"


def test_reset_is_refused_while_portal_runs(demo: Path, settings) -> None:
    running = socket.create_server(("127.0.0.1", settings.PORT))
    with running, pytest.raises(CommandError, match="Stop the portal first"):
        call_command("demo_reset")
    assert demo.read_bytes() == b"kept"


def test_reset_leaves_only_demo_people(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite3"
    (tmp_path / "demo_settings.py").write_text(SETTINGS.format(path=str(file)))
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "demo_settings",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "tests of the demo only: long and dull and gone with its database",
        "ENCRYPTION_KEYS": "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24=",
        "DEMO": "on",
        "PORT": str(free_port()),
        "SMS_TEST_NUMBERS": "+447700900",
    }
    command = [sys.executable, "manage.py", "demo_reset"]
    # Written by another version: no table is known.
    with sqlite3.connect(file) as old:
        old.execute("CREATE TABLE accounts_user (id integer, email text)")
        old.execute("INSERT INTO accounts_user VALUES (1, 'carol@example.org')")
    old.close()
    with pytest.raises(RuntimeError, match=r"carol@example\.org.*EVERYBODY=1"):
        run(command, env)
    assert "make run" in run([*command, "--everybody"], env)
    with sqlite3.connect(file) as new:
        found = new.execute(
            "SELECT email FROM accounts_user WHERE email NOT LIKE ? ORDER BY id", [f"%{CROWD}"]
        ).fetchall()
    new.close()
    assert [email for (email,) in found] == [person.email for person in PEOPLE]
