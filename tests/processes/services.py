"""The servers on a test machine, and a separate database on them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
import redis

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
# A database for each run, because two portals on one would take each other's tasks. A second portal
# in a run needs its own server (tests.processes.queue).
REDIS = os.environ.get("TEST_REDIS_URL", f"redis://127.0.0.1:6379/{1 + os.getpid() % 15}")

Found = TypeVar("Found")


class MissingError(Exception):
    """A server or program is missing on this machine."""


def required(look: Callable[[], Found]) -> Found:
    """Return what was found. Without it a test is skipped, and fails in CI."""
    try:
        return look()
    except MissingError as missing:
        if os.environ.get("CI"):
            pytest.fail(f"{missing} CI requires it.")
        pytest.skip(str(missing))


def postgresql() -> str:
    """Return the URL of a PostgreSQL server on which databases can be created."""
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError:
        raise MissingError("PostgreSQL is not reachable.") from None
    return POSTGRESQL


def broker() -> str:
    """Return the URL of a Redis server."""
    try:
        with redis.Redis.from_url(REDIS, socket_connect_timeout=3) as client:
            client.ping()
    except redis.ConnectionError:
        raise MissingError("Redis is not reachable.") from None
    return REDIS


@contextmanager
def database(server: str) -> Iterator[str]:
    """Create an empty database, and drop it at the end."""
    name = f"portal_{os.getpid()}_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
