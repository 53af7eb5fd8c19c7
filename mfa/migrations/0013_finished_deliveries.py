from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0012_what_texts_to_a_phone_met")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["finished_at"],
                name="delivery_finished",
            ),
        ),
    ]
