"""A worker claims a push request, so that a sweep can find those of dead workers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0018_mark_of_asking_device")]

    operations = [
        migrations.AddField(
            model_name="pushrequest",
            name="claimed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
