"""Staff find people by exactly the last four digits of their number: a column with an index."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Right


class Migration(migrations.Migration):
    dependencies = [("mfa", "0042_actors_of_stored_events")]

    operations = [
        migrations.AddField(
            "factor",
            "last_four",
            models.GeneratedField(
                db_persist=True,
                expression=Right("target", 4),
                output_field=models.CharField(max_length=4),
            ),
        ),
        migrations.AddIndex(
            "factor",
            models.Index(
                fields=["last_four"],
                condition=Q(("revoked_at", None), Q(("target", ""), _negated=True)),
                name="factor_last_four",
            ),
        ),
    ]
