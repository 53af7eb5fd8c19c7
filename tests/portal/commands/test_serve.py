"""`manage.py serve`: its messages before it serves."""

import os
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.management.commands.serve import port_fault
from tests.processes.process import Process, free_port, run

PATIENCE = 40
LOSE_A_MAIL = """
from django.utils import timezone
from accounts.models import User
from mfa.models import Delivery
ben = User.objects.get(email="ben@example.com")
words = {"old_ending": "01", "new_ending": "02"}
Delivery.objects.create(
    user=ben, message="number_changed", context=words, channel="email", target=ben.email,
    created_at=timezone.now(),
)
"""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_taken_port_is_named_with_setting_that_changes_it(settings, taken: int) -> None:
    settings.PORT = taken
    with pytest.raises(CommandError, match=rf"Port {taken} is in use\..* PORT=\d+ in \.env"):
        call_command("serve")


def test_recently_closed_port_is_free(taken: int) -> None:
    assert port_fault(taken)
    with socket.create_server(("127.0.0.1", 0)) as other:
        left = other.getsockname()[1]
    assert port_fault(left) == ""


@pytest.mark.processes
def test_waiting_mail_is_sent_while_serving(tmp_path: Path) -> None:
    """On the database of `make run`: SQLite, without a broker."""
    database, log = tmp_path / "db.sqlite3", tmp_path / "log"
    env = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "tests of the demo only: long and dull and gone with its database",
        "ENCRYPTION_KEYS": "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24=",
        "DATABASE_URL": f"sqlite:///{database}",
        "DEMO": "on",
        "DEBUG": "on",
        "PORT": str(free_port()),
        "SMS_TEST_NUMBERS": "+447700900",
    }
    for words in (["migrate"], ["demo"], ["shell", "-c", LOSE_A_MAIL]):
        run([sys.executable, "manage.py", *words], env)
    command = [sys.executable, "manage.py", "serve"]
    ends = time.monotonic() + PATIENCE
    with Process(command, env, log), closing(sqlite3.connect(database)) as reading:
        sent: list[tuple[str]] = []
        while not sent and time.monotonic() < ends:
            time.sleep(0.5)
            sent = reading.execute("SELECT target FROM mfa_outboxmessage").fetchall()
    assert sent == [("ben@example.com",)], log.read_text()
