import mfa.plain_text
from django.db import migrations, models


class Migration(migrations.Migration):
    """A name is one plain line."""

    dependencies = [
        ('accounts', '0007_devices_can_be_forgotten'),
    ]

    operations = [
        migrations.AlterField(
            model_name='user',
            name='full_name',
            field=models.CharField(blank=True, max_length=150, validators=[mfa.plain_text.check], verbose_name='Full name'),
        ),
    ]
