"""Let a factor be an app or a set of recovery codes, with a secret of its own."""

import mfa.encryption
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("mfa", "0003_policy_previous_token")]

    operations = [
        migrations.AlterField(
            model_name="factor",
            name="kind",
            field=models.CharField(
                choices=[
                    ("phone", "phone"),
                    ("app", "authenticator app"),
                    ("recovery_codes", "recovery codes"),
                ],
                default="phone",
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="factor",
            name="target",
            field=models.CharField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="factor",
            name="name",
            field=models.CharField(blank=True, max_length=40, verbose_name="name"),
        ),
        migrations.AddField(
            model_name="factor",
            name="secret",
            field=mfa.encryption.EncryptedTextField(blank=True, default="", editable=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="factor",
            name="last_step",
            field=models.BigIntegerField(default=0, editable=False),
        ),
    ]
