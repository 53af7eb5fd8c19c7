from django.db import migrations, models


class Migration(migrations.Migration):
    """A number that, once raised, forgets a person's recognized devices."""

    dependencies = [('accounts', '0006_normalize_stored_emails')]

    operations = [
        migrations.AddField(
            model_name='user',
            name='device_epoch',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]
