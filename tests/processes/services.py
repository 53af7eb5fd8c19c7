"""The servers that a machine of tests has, and a database of one's own on them."""

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
# A database of its own for each run: two portals on one would take each other's tasks. A second
# portal in a run needs a server of its own (tests.processes.queue).
REDIS = os.environ.get("TEST_REDIS_URL", f"redis://127.0.0.1:6379/{1 + os.getpid() % 15}")

Found = TypeVar("Found")


class MissingError(Exception):
    """A server or a program is not on this machine."""


def required(look: Callable[[], Found]) -> Found:
    """Return what was found; without it a test is skipped, and in CI it fails."""
    try:
        return look()
    except MissingError as missing:
        if os.environ.get("CI"):
            pytest.fail(f"{missing} CI requires it.")
        pytest.skip(str(missing))


def postgresql() -> str:
    """Return the URL of a PostgreSQL server on which databases may be made."""
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
    """Make an empty database, and drop it in the end."""
    name = f"portal_{os.getpid()}_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
