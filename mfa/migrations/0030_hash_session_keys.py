"""The table of sessions gets a column for hashes in place of the keys."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0029_a_fault_in_the_portal_is_a_reason")]

    operations = [
        migrations.RenameField("session", "session_key", "key_hash"),
        migrations.AlterField(
            "session",
            "key_hash",
            models.CharField(max_length=64, primary_key=True, serialize=False),
        ),
    ]
