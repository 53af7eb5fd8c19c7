"""Empties the database after a test with real transactions, without migrating again.

Django truncates all tables and recreates permissions and groups, which takes a quarter of a second
each time. Tables filled by a new database stay unchanged, unless a test has changed them; then
Django does it.
"""

from collections.abc import Callable

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase

Rows = list[tuple[object, ...]]
# The rows of a new database, by table
FRESH: dict[str, Rows] = {}
_flush: Callable[[TransactionTestCase], None] = TransactionTestCase._fixture_teardown


def remember() -> None:
    """Note which tables a new database fills, and with what."""
    FRESH.clear()
    FRESH.update({table: rows for table in _tables() if (rows := _rows(table))})


def install() -> None:
    """Use this after every test with real transactions."""
    TransactionTestCase._fixture_teardown = _empty


def _empty(case: TransactionTestCase) -> None:
    if any(_rows(table) != rows for table, rows in FRESH.items()):
        _flush(case)
        remember()
        return
    # Foreign keys are checked when the transaction ends, so any order works.
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _tables():
            if table not in FRESH:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
    ContentType.objects.clear_cache()


def _tables() -> list[str]:
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def _rows(table: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
        return cursor.fetchall()
