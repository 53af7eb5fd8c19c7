from django.db import migrations, models


class Migration(migrations.Migration):
    """Recovery codes know that a dump was restored since they were made."""

    dependencies = [
        ('mfa', '0039_texts_a_day_have_a_ceiling'),
    ]

    operations = [
        migrations.AddField(
            model_name='factor',
            name='restored_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
