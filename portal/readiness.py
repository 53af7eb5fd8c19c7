"""Readiness: whether what the portal needs is there, each part said in words.

Each look takes about 2 s at most, since a load balancer asks every few seconds.
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

from mfa import deliveries
from mfa.encryption import Sealed
from mfa.models import AccountPolicy, Factor

PATIENCE = 2
PROBE = "portal:readiness"
NO_ENTRY = "refuses the user or password"
# A worker takes a row within a second, and the sweep wakes what nobody took after 5 s: a row that
# is older waits for a worker that is not there.
LONGEST_WAIT = timedelta(seconds=60)

# So many of the oldest and of the newest factors are tried for their encryption key.
SOME = 50


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that the portal needs; `fault` says what is wrong, in words without an address."""

    name: str
    fault: str = ""


def parts() -> Iterator[Part]:
    """Look at all that this installation uses."""
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
    """Connect past the pool, which would wait longer, then ask through it."""
    try:
        if connection.vendor == "postgresql":
            psycopg.connect(**_target()).close()
        return _guarded(_answer)
    except (DatabaseError, psycopg.OperationalError):
        return "does not answer"
    # Whatever keeps it closed, a driver that is missing or options that contradict each other, is
    # the database's fault to a probe.
    except Exception as error:  # noqa: BLE001
        return f"cannot be opened ({type(error).__name__})"


def _target() -> dict[str, Any]:
    """Return where the pool connects to, with the same options."""
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
        return "does not answer"


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
    """Try the SMS account and a bounded number of factors: `manage.py doctor` tries them all."""
    policies = AccountPolicy.objects.only("sms_auth_token")
    tokens = [policy.sms_auth_token for policy in policies]
    ends = (*Factor.objects.order_by("pk")[:SOME], *Factor.objects.order_by("-pk")[:SOME])
    lost = any(isinstance(secret, Sealed) for secret in (*tokens, *(each.secret for each in ends)))
    return "stored secrets fit none of ENCRYPTION_KEYS: put their key back" if lost else ""


def _queue() -> str:
    oldest = deliveries.oldest_waiting()
    age = timezone.now() - oldest if oldest else timedelta()
    if age <= LONGEST_WAIT:
        return ""
    return f"a message has been waiting for {age.total_seconds():.0f} s: is a worker running?"


def _broker() -> str:
    try:
        with Connection(
            settings.BROKER_URL,
            connect_timeout=PATIENCE,
            transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        ) as line:
            line.ensure_connection(max_retries=1, timeout=PATIENCE)
            # Only Redis takes connections and PINGs while it refuses each message.
            client = getattr(line.default_channel, "client", None)
            return _write(client) if client else ""
    except (OperationalError, OSError, redis.RedisError) as error:
        # kombu wraps what Redis said.
        refused = isinstance(error.__cause__ or error, redis.exceptions.AuthenticationError)
        return NO_ENTRY if refused else "does not answer"


def _cache() -> str:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE
    ) as client:
        return _write(client)


def _write(client: redis.Redis) -> str:
    """Write a key that is gone in a minute; a replica or a full server answers to all but that."""
    try:
        client.set(PROBE, "1", ex=60)
    except redis.exceptions.NoPermissionError:
        # It answers; which keys this user may write is the operator's choice.
        return ""
    except redis.exceptions.AuthenticationError:
        return NO_ENTRY
    except redis.exceptions.ReadOnlyError:
        return "takes no writes: it is a replica"
    except redis.exceptions.OutOfMemoryError:
        return "takes no writes: its memory is full"
    except redis.exceptions.ResponseError:
        return "takes no writes"
    except redis.RedisError:
        return "does not answer"
    return ""
