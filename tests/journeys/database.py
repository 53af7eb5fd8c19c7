"""The whole database as it is stored."""

from django.db import connection

Dump = dict[str, list[tuple[object, ...]]]


def dump() -> Dump:
    """Return every row of every table, sessions included, by raw SQL."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {table: _rows(cursor, table) for table in tables}


def text() -> str:
    """Return the same as one text to search in."""
    return "\n".join(str(row) for rows in dump().values() for row in rows)


def _rows(cursor, table: str) -> list[tuple[object, ...]]:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
    return cursor.fetchall()
