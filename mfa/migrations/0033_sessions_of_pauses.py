import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A session knows the pause that let it in, a pause whether it is over."""

    dependencies = [('mfa', '0032_indexes_of_periodic_tasks')]

    operations = [
        migrations.AddField(
            model_name='session',
            name='pause',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='mfa.pause'),
        ),
        migrations.AddField(
            model_name='pause',
            name='ended_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
