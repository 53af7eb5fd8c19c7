"""Hash the keys of the sessions that exist; their browsers stay logged in."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions import SHA256
from django.db.models.sql.compiler import SQLCompiler


class Hash(SHA256):
    """SHA-256 in hex; Django's own needs the extension pgcrypto on PostgreSQL."""

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')",
        )


def hash_keys(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("mfa", "Session").objects.update(key_hash=Hash("key_hash"))


def end_sessions(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    """End all sessions: no hash leads back to its key."""
    apps.get_model("mfa", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("mfa", "0030_hash_session_keys")]

    operations = [migrations.RunPython(hash_keys, end_sessions)]
