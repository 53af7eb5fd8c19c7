from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0017_texts_a_day")]

    operations = [
        migrations.AddField(
            model_name="challenge",
            name="new_in",
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name="challenge",
            name="unsettled",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="challenge",
            index=models.Index(
                condition=models.Q(("new_in", ""), _negated=True),
                fields=["new_in", "-created_at"],
                name="challenge_new_in_country",
            ),
        ),
    ]
