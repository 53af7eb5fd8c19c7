import mfa.plain_text
from django.db import migrations, models


class Migration(migrations.Migration):
    """Text that people type is one plain line."""

    dependencies = [
        ('mfa', '0037_staff_of_running_installs_stay_bound'),
    ]

    operations = [
        migrations.AlterField(
            model_name='accountpolicy',
            name='contact',
            field=models.CharField(blank=True, help_text='Shown to people who cannot get in, such as “the help desk, 020 7946 0000”.', max_length=200, validators=[mfa.plain_text.check], verbose_name='Whom to ask for help'),
        ),
        migrations.AlterField(
            model_name='factor',
            name='name',
            field=models.CharField(blank=True, max_length=40, validators=[mfa.plain_text.check], verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='pause',
            name='reason',
            field=models.CharField(max_length=200, validators=[mfa.plain_text.check], verbose_name='reason'),
        ),
    ]
