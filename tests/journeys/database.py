"""The whole database as stored."""

from django.db import connection

# The only write that a GET may cause, once a minute: that a session is in use.
SEEN = {("mfa_session", "seen_at"), ("mfa_session", "expire_date")}
Dump = dict[str, list[tuple[object, ...]]]


def dump() -> Dump:
    """Return every row of every table, sessions included, by raw SQL."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {table: _rows(cursor, table) for table in tables}


def text() -> str:
    """Return the same as one text for searching."""
    return "\n".join(str(row) for rows in dump().values() for row in rows)


def _rows(cursor, table: str) -> list[tuple[object, ...]]:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
    names = [column.name if hasattr(column, "name") else column[0] for column in cursor.description]
    kept = [number for number, name in enumerate(names) if (table, name) not in SEEN]
    return [tuple(row[number] for number in kept) for row in cursor.fetchall()]
