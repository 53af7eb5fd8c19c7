from django.db import migrations, models

import mfa.encryption


class Migration(migrations.Migration):
    dependencies = [("mfa", "0002_delivery_receipt_id")]

    operations = [
        migrations.AddField(
            model_name="accountpolicy",
            name="sms_auth_token_previous",
            field=mfa.encryption.EncryptedTextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name="accountpolicy",
            name="previous_token_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
