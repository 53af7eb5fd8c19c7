"""Whether the services of the portal work."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts.models import User
from mfa.models import Delivery, SitePolicy, SmsAccount
from portal import readiness
from tests.authenticator import give_app
from tests.processes.queue import Queue, program, queue
from tests.processes.services import broker, required


def faults() -> dict[str, str]:
    return {part.name: part.fault for part in readiness.parts()}


@pytest.fixture
def silent() -> str:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("kind", ["sms", "app"])
def test_lost_encryption_key_is_named(policy: SitePolicy, bob: User, settings, kind) -> None:
    if kind == "app":
        SmsAccount.note(auth_token="")
        give_app(bob)
    assert faults()["keys"] == ""
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "ENCRYPTION_KEYS" in faults()["keys"]


@pytest.fixture
def working(settings):
    """A portal with a worker, as far as settings say so."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    return settings


def point_at(settings, url: str) -> None:
    settings.REDIS_URL = settings.BROKER_URL = url
    timeouts = {"socket_timeout": 1, "socket_connect_timeout": 1}
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0, **timeouts}


def wait_since(user: User, seconds: float, state: str = "queued") -> None:
    Delivery.objects.create(
        user=user,
        message="code",
        channel="sms",
        target="+447700900201",
        state=state,
        created_at=timezone.now() - timedelta(seconds=seconds),
    )


def test_single_machine_needs_only_database(db) -> None:
    assert faults() == {"database": "", "migrations": "", "keys": ""}


def test_missing_migration_is_counted(db) -> None:
    MigrationRecorder(connection).record_unapplied("accounts", newest("accounts"))
    MigrationRecorder(connection).record_unapplied("mfa", newest("mfa"))
    assert faults()["migrations"] == "2 missing: run manage.py migrate"


def newest(app_label: str) -> str:
    return next(name for label, name in readiness._newest_migrations() if label == app_label)


def test_database_with_newer_migrations_is_ready(db) -> None:
    """A rolling update migrates first."""
    MigrationRecorder(connection).record_applied("mfa", "9999_from_tomorrow")
    assert faults()["migrations"] == ""


@pytest.mark.parametrize("state", ["sending", "accepted"])
def test_taken_message_does_not_wait(working, alice: User, state: str) -> None:
    wait_since(alice, 600, state)
    assert faults()["queue"] == ""


def test_message_may_wait_minute(working, alice: User) -> None:
    wait_since(alice, 50)
    assert faults()["queue"] == ""


def test_untaken_message_is_reported(working, alice: User) -> None:
    wait_since(alice, 90)
    wait_since(alice, 70)
    assert faults()["queue"] == "a message has waited for 90 s. Check that a worker is running"


def test_unreachable_database_does_not_stop_other_checks(working, db) -> None:
    working.REDIS_URL = "redis://127.0.0.1:1/0"

    def cut(*_: object) -> None:
        raise OperationalError

    with connection.execute_wrapper(cut):
        found = faults()
    assert found == {"database": "does not respond", "cache": "does not respond"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server to lose")
def test_unreachable_server_is_reported_immediately(settings, db, monkeypatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "PORT", "1")
    assert faults() == {"database": "does not respond"}


def test_redis_that_answers_is_ready(settings, db) -> None:
    point_at(settings, required(broker))
    assert faults() == {"database": "", "migrations": "", "keys": "", "cache": "", "broker": ""}


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Queue]:
    with queue(required(program), tmp_path) as started:
        yield started


READ_ONLY = {
    "accepts no writes: it is a replica": ["REPLICAOF", "127.0.0.1", "1"],
    "accepts no writes: its memory is full": ["CONFIG", "SET", "maxmemory", "1"],
    "rejects the user name or password": ["CONFIG", "SET", "requirepass", "hush"],
    "accepts no writes": ["CONFIG", "SET", "min-replicas-to-write", "1"],
}


@pytest.mark.parametrize("fault", READ_ONLY)
def test_redis_that_refuses_writes_is_reported(settings, db, own_redis: Queue, fault: str) -> None:
    """It answers each PING meanwhile."""
    point_at(settings, own_redis.url)
    assert faults()["broker"] == faults()["cache"] == ""
    with redis.Redis.from_url(own_redis.url) as client:
        client.execute_command(*READ_ONLY[fault])
    found = faults()
    assert (found["cache"], found["broker"]) == (fault, fault)


def test_database_that_cannot_be_opened_is_a_fault_of_the_database(
    client, db, settings, monkeypatch
) -> None:
    """Whatever the reason: here options that contradict each other."""

    def contradict(*_: object) -> None:
        raise ImproperlyConfigured("Pooling doesn't support persistent connections.")

    with connection.execute_wrapper(contradict):
        answer = client.get("/readyz")
        assert faults() == {"database": "cannot be opened (ImproperlyConfigured)"}
    assert answer.status_code == 503
    assert answer.content == b"database: cannot be opened (ImproperlyConfigured)\n"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server to lose")
def test_database_is_checked_with_pool_options(settings, db, monkeypatch) -> None:
    options = {**settings.DATABASES["default"]["OPTIONS"], "sslmode": "require"}
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", options)
    assert faults() == {"database": "does not respond"}


@pytest.mark.parametrize("where", ["nobody", "silent"])
def test_unreachable_redis_is_reported_within_seconds(
    settings, db, monkeypatch, silent, where
) -> None:
    address = {"nobody": "127.0.0.1:1", "silent": silent}[where]
    point_at(settings, f"redis://{address}/0")
    began = time.monotonic()
    found = faults()
    assert (found["cache"], found["broker"]) == ("does not respond", "does not respond")
    assert time.monotonic() - began < 8
