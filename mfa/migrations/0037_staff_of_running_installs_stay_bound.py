"""Installs where MFA is on have enabled it for the first time: no later than now."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def note_first_time(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Bind staff where MFA is on; where it is off nobody knows whether it ever was."""
    policies = apps.get_model("mfa", "AccountPolicy").objects
    policies.filter(enabled=True, first_enabled_at=None).update(first_enabled_at=timezone.now())


class Migration(migrations.Migration):

    dependencies = [
        ("mfa", "0036_sms_values_wait_and_staff_stay_bound"),
    ]

    operations = [
        migrations.RunPython(note_first_time, migrations.RunPython.noop),
    ]
