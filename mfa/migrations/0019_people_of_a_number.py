from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0018_new_numbers_by_country")]

    operations = [
        migrations.AddIndex(
            model_name="factor",
            index=models.Index(
                condition=models.Q(("revoked_at", None)), fields=["target"], name="factor_of_target"
            ),
        ),
    ]
