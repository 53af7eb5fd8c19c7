"""Readiness: whether the services of the portal work, described in words.

Each check takes up to about 2 s, because load balancers ask every few seconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import OperationalError

from mfa.crypto import Sealed
from mfa.messages import queue as deliveries
from mfa.models import Factor, SmsAccount

PATIENCE = 2
PROBE = "portal:readiness"
NO_ENTRY = "rejects the user name or password"
# A worker takes a row within a second, and the sweep wakes the rest after 5 s. If a row is older,
# no worker is running.
LONGEST_WAIT = timedelta(seconds=60)

# The number of oldest and newest factors to test for their encryption key
SOME = 50


@dataclass(frozen=True, slots=True)
class Part:
    """A service of the portal. `fault` says what is wrong, without addresses."""

    name: str
    fault: str = ""


def parts() -> Iterator[Part]:
    """Check all parts that this installation uses."""
    fault = _database()
    yield Part("database", fault)
    if not fault:
        yield Part("migrations", _guarded(_migrations))
        yield Part("keys", _guarded(_keys))
    if not fault and not settings.CELERY_TASK_ALWAYS_EAGER:
        yield Part("queue", _guarded(_queue))
    if settings.BROKER_URL:
        yield Part("broker", _broker())
    if settings.REDIS_URL:
        yield Part("cache", _cache())


def _database() -> str:
    """Connect outside of the pool, which would wait longer, then query through it."""
    try:
        if connection.vendor == "postgresql":
            psycopg.connect(**_target()).close()
        return _guarded(_answer)
    except (DatabaseError, psycopg.OperationalError):
        return "does not respond"
    # To a probe, any other error is a fault of the database, such as a missing driver or
    # contradictory options.
    except Exception as error:  # noqa: BLE001
        return f"cannot be opened ({type(error).__name__})"


def _target() -> dict[str, Any]:
    """Return the pool's address and options."""
    stored = settings.DATABASES["default"]
    options = {**stored.get("OPTIONS", {}), "connect_timeout": PATIENCE}
    options.pop("pool", None)
    return {
        **options,
        "host": stored["HOST"],
        "port": stored["PORT"] or None,
        "dbname": connection.settings_dict["NAME"],
        "user": stored["USER"],
        "password": stored["PASSWORD"],
    }


def _guarded(look: Callable[[], str]) -> str:
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT set_config('statement_timeout', %s, true)", [f"{PATIENCE}s"]
                    )
            return look()
    except DatabaseError:
        return "does not respond"


def _answer() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    missing = _newest_migrations() - set(MigrationRecorder(connection).applied_migrations())
    return f"{len(missing)} missing: run manage.py migrate" if missing else ""


@cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _keys() -> str:
    """Check the SMS account and some factors. `manage.py doctor` checks all of them."""
    tokens = SmsAccount.objects.values_list("auth_token", flat=True)
    ends = (*Factor.objects.order_by("pk")[:SOME], *Factor.objects.order_by("-pk")[:SOME])
    lost = any(isinstance(secret, Sealed) for secret in (*tokens, *(each.secret for each in ends)))
    return (
        "some secrets cannot be decrypted: put their key back into ENCRYPTION_KEYS" if lost else ""
    )


def _queue() -> str:
    now = timezone.now()
    oldest = deliveries.oldest_waiting()
    age = now - oldest if oldest else timedelta()
    if age > LONGEST_WAIT:
        waited = f"a message has waited for {age.total_seconds():.0f} s"
        return f"{waited}. Check that a worker is running"
    if deliveries.bulk_stands(now, LONGEST_WAIT):
        return "invitations are not being sent. Check that a worker for bulk is running"
    return ""


def _broker() -> str:
    try:
        with Connection(
            settings.BROKER_URL,
            connect_timeout=PATIENCE,
            transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        ) as line:
            line.ensure_connection(max_retries=1, timeout=PATIENCE)
            # A faulty Redis can accept connections and PINGs but refuse every message.
            client = getattr(line.default_channel, "client", None)
            return _write(client) if client else ""
    except (OperationalError, OSError, redis.RedisError) as error:
        # kombu wraps the Redis error.
        refused = isinstance(error.__cause__ or error, redis.exceptions.AuthenticationError)
        return NO_ENTRY if refused else "does not respond"


def _cache() -> str:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE
    ) as client:
        return _write(client)


def _write(client: redis.Redis) -> str:
    """Write a key that expires in a minute. A replica or a full server fails only at this."""
    try:
        client.set(PROBE, "1", ex=60)
    except redis.exceptions.NoPermissionError:
        # It answers. The operator decides which keys this user can write.
        return ""
    except redis.exceptions.AuthenticationError:
        return NO_ENTRY
    except redis.exceptions.ReadOnlyError:
        return "accepts no writes: it is a replica"
    except redis.exceptions.OutOfMemoryError:
        return "accepts no writes: its memory is full"
    except redis.exceptions.ResponseError:
        return "accepts no writes"
    except redis.RedisError:
        return "does not respond"
    return ""
