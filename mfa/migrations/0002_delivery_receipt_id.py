from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="receipt_id",
            field=models.UUIDField(editable=False, null=True, unique=True),
        ),
    ]
