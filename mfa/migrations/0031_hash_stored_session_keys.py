"""Hash the keys of the sessions that exist; their browsers stay logged in."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions import SHA256


def hash_keys(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("mfa", "Session").objects.update(key_hash=SHA256("key_hash"))


def end_sessions(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    """End all sessions: no hash leads back to its key."""
    apps.get_model("mfa", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("mfa", "0030_hash_session_keys")]

    operations = [migrations.RunPython(hash_keys, end_sessions)]
