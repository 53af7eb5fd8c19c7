"""Parsing of service URLs: database, mail server, Redis and broker.

django-environ splits them. Options that the portal would ignore are refused. A ValueError says what
the value must be, and never repeats it.
"""

import re
from pathlib import Path
from typing import Any

from environ import Env
from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo

from portal import addresses

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "postgres postgresql psql pgsql"
# The pool keeps and tests connections, so these options have no further effect.
POOLED = {"conn_max_age", "conn_health_checks"}
# The portal counts limits in separate transactions.
FIXED = {"ATOMIC_REQUESTS", "AUTOCOMMIT", "pool"}
SQLITE_OPTIONS = {
    # A deferred transaction that starts to write fails at once. IMMEDIATE waits.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
POOL = {
    "min_size": 1,
    "max_size": 10,
    "timeout": 5,
    # By default the pauses between attempts grow to minutes, long after a restart.
    "reconnect_timeout": 5,
}
READABLE_MAIL = "consolemail filemail memorymail dummymail"
NUMBERED = re.compile(r"/?[0-9]*")

Config = dict[str, Any]


def sqlite(path: Path) -> Config:
    """Return the configuration of a database file."""
    return {"ENGINE": SQLITE, "NAME": str(path), "OPTIONS": SQLITE_OPTIONS}


def database(text: str) -> Config:
    """Return Django's configuration; SQLite and PostgreSQL are supported."""
    if text == "sqlite://:memory:":
        return sqlite(Path(":memory:"))
    url = addresses.split(text, f"{POSTGRESQL} sqlite")
    if url.scheme == "sqlite" and (url.netloc or not url.path.strip("/") or url.query):
        raise ValueError("must be sqlite:///path, without a host and without options")
    config: Config = Env.db_url_config(text)
    options = {**config.pop("OPTIONS", {})}
    if any(name in FIXED for name in (*config, *options)):
        raise ValueError("has an option that the portal sets itself")
    config = {name: value for name, value in config.items() if name.lower() not in POOLED}
    if url.scheme == "sqlite":
        return {**config, "OPTIONS": SQLITE_OPTIONS}
    return _server(config, options)


def _server(config: Config, options: Config) -> Config:
    if not config["NAME"] or re.search(r"[@/]", config["NAME"]):
        raise ValueError(f"must name a database; it {addresses.BAD_URL}")
    try:
        make_conninfo("", **options)
    except ProgrammingError:
        raise ValueError("has an option that PostgreSQL does not know") from None
    # A restart of PostgreSQL leaves dead connections, so each is tested before use.
    kept = {"connect_timeout": 5, **options, "pool": POOL}
    return {**config, "CONN_HEALTH_CHECKS": True, "OPTIONS": kept}


def mail(text: str) -> Config:
    """Return Django's EMAIL_ settings."""
    url = addresses.split(text, f"smtp+tls smtp+ssl smtps smtp {READABLE_MAIL}")
    if url.query:
        raise ValueError("accepts no options: use smtp+tls:// or smtp+ssl://")
    if url.scheme.startswith("smtp"):
        addresses.host(url.hostname or "")
    config: Config = Env.email_url_config(text)
    return config


def cache(text: str) -> str:
    """Return the URL of a Redis server."""
    return _numbered(text, "redis rediss")


def broker(text: str) -> str:
    """Return the URL of Redis or RabbitMQ."""
    if text.startswith(("amqp", "pyamqp")):
        addresses.host(addresses.split(text, "amqp amqps pyamqp").hostname or "")
        return text
    return _numbered(text, "redis rediss amqp amqps")


def _numbered(text: str, schemes: str) -> str:
    url = addresses.split(text, schemes)
    addresses.host(url.hostname or "")
    if not NUMBERED.fullmatch(url.path):
        raise ValueError("must end in the number of a Redis database, such as redis://host:6379/1")
    return text
