"""One production stack for all walks."""

import os
from collections.abc import Iterator

import psycopg
import pytest
import redis

from tests.production.stack import Stack, running

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
# A database of its own for each run: two brokers on one would take each other's tasks.
REDIS = os.environ.get("TEST_REDIS_URL", f"redis://127.0.0.1:6379/{1 + os.getpid() % 15}")


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not reachable, and CI requires it.")
    pytest.skip(f"{what} is not reachable.")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError:
        _missing("PostgreSQL")
    try:
        redis.Redis.from_url(REDIS, socket_connect_timeout=3).ping()
    except redis.ConnectionError:
        _missing("Redis")
    with running(POSTGRESQL, REDIS, tmp_path_factory.mktemp("production")) as stack:
        yield stack
