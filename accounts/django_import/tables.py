"""Reads the tables of another project's database, which needs none of its packages here.

The database is only read, in one transaction, so that nothing changes in between.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from environ import Env
from psycopg import IsolationLevel

from accounts.django_import.reading import Row

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = {"sqlite": SQLITE, "postgres": POSTGRESQL, "postgresql": POSTGRESQL}
SUPPORTED = "Name a PostgreSQL database, or the file of an SQLite database."
MODELS = {
    "account_emailaddress": "account.emailaddress",
    "mfa_authenticator": "mfa.authenticator",
    "otp_static_staticdevice": "otp_static.staticdevice",
    "otp_totp_totpdevice": "otp_totp.totpdevice",
    "two_factor_phonedevice": "phonenumber.phonedevice",
}
DEVICES = "device"
# The columns by which a table of people is known
OF_PEOPLE = {"password", "last_login"}
OWNER = "user_id"
# Rows in memory at a time
AT_ONCE = 2_000


class TablesError(ValueError):
    """The database cannot be read."""


@contextmanager
def opened(url: str, user_model: str) -> Iterator[Callable[[], Iterator[Row]]]:
    """Return a function that reads all rows of interest. Raises TablesError, and so does it."""
    connection = ConnectionHandler({DEFAULT_DB_ALIAS: _config(url)})[DEFAULT_DB_ALIAS]
    with _explained():
        connection.set_autocommit(False)
    try:
        yield lambda: _rows(connection, user_model)
    finally:
        connection.close()


def _config(url: str) -> dict[str, Any]:
    """Return Django's configuration, read-only. A message never repeats the URL."""
    try:
        kind = KINDS[urlsplit(url).scheme]
        config: dict[str, Any] = Env.db_url_config(url)
    except (KeyError, ValueError):
        raise TablesError(SUPPORTED) from None
    if kind == POSTGRESQL:
        fixed = {
            "isolation_level": IsolationLevel.REPEATABLE_READ,
            "options": "-c default_transaction_read_only=on",
        }
        return {**config, "OPTIONS": {**config.get("OPTIONS", {}), **fixed}}
    file = Path(config["NAME"])
    if not file.is_file():
        raise TablesError(SUPPORTED)
    # Without the mode SQLite could create and change files.
    return {**config, "NAME": f"{file.resolve().as_uri()}?mode=ro"}


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise TablesError(f"The database cannot be read: {error}".strip()) from None


def _rows(connection: BaseDatabaseWrapper, user_model: str) -> Iterator[Row]:
    with _explained(), connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            columns = _columns(connection, table)
            if model := _model_of(table, columns, user_model):
                yield from _rows_of(connection, table, model)
            elif set(columns) >= OF_PEOPLE:
                # If there is no one in the chosen table, the report names this one.
                yield Row(table, None, dict.fromkeys(OF_PEOPLE))


def _model_of(table: str, columns: Sequence[str], user_model: str) -> str:
    """Return what the file of `dumpdata` would call the rows, "" for other tables."""
    if table == user_model.replace(".", "_"):
        return user_model
    is_device = table.endswith(DEVICES) and OWNER in columns
    return MODELS.get(table, table if is_device else "")


def _columns(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} LIMIT 0")  # noqa: S608
        return [str(column[0]) for column in cursor.description]


def _rows_of(connection: BaseDatabaseWrapper, table: str, model: str) -> Iterator[Row]:
    with connection.cursor() as cursor:
        key = connection.introspection.get_primary_key_column(cursor, table) or "id"
    with connection.chunked_cursor() as cursor:
        quoted, order = connection.ops.quote_name(table), connection.ops.quote_name(key)
        cursor.execute(f"SELECT * FROM {quoted} ORDER BY {order}")  # noqa: S608 quoted names
        while some := cursor.fetchmany(AT_ONCE):
            names = [str(column[0]) for column in cursor.description]
            for row in some:
                fields = {
                    name: _value(connection, value) for name, value in zip(names, row, strict=True)
                }
                if OWNER in fields:
                    fields["user"] = fields.pop(OWNER)
                yield Row(model, fields.pop(key), fields)


def _value(connection: BaseDatabaseWrapper, value: object) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        # SQLite stores UTC without saying so.
        is_bare = connection.vendor == SQLITE and value.tzinfo is None
        return (value.replace(tzinfo=UTC) if is_bare else value).isoformat()
    return value
