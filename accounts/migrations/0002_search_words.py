"""Trigrams of the emails and names, so that PostgreSQL finds people by a part of them.

SQLite has no such index and reads the table.
"""

from django.db import migrations

CREATE = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    """
    CREATE INDEX user_words ON accounts_user USING gin (
        upper(email::text) gin_trgm_ops,
        upper(username::text) gin_trgm_ops,
        upper(full_name::text) gin_trgm_ops
    )
    """,
)
DROP = ("DROP INDEX user_words",)


def run(*statements):
    def on_postgresql(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement)

    return on_postgresql


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(run(*CREATE), run(*DROP))]
