from django.db import migrations, models


class Migration(migrations.Migration):
    """No person has two pauses that run."""

    dependencies = [('mfa', '0034_one_running_pause_each')]

    operations = [
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user',), name='pause_one_at_a_time'),
        ),
    ]
