"""A request after a lost phone keeps the mark of the device that asked (E13)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0017_one_time_passes")]

    operations = [
        migrations.RemoveField(model_name="recoveryrequest", name="known"),
        migrations.AddField(
            model_name="recoveryrequest",
            name="mark",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
