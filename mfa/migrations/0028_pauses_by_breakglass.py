from django.db import migrations, models


class Migration(migrations.Migration):
    """A pause knows whether the operator started it; those that run end for staff."""

    dependencies = [('mfa', '0027_confirmed_texts')]

    operations = [
        migrations.AddField(
            model_name='pause',
            name='breakglass',
            field=models.BooleanField(default=False, editable=False, verbose_name='breakglass'),
        ),
    ]
