from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mfa', '0022_codes_by_email_may_only_recover'),
    ]

    operations = [
        migrations.AddField(
            model_name='accountpolicy',
            name='is_trial',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name='accountpolicy',
            name='mail_test_code',
            field=models.CharField(blank=True, editable=False, max_length=12),
        ),
        migrations.AddField(
            model_name='accountpolicy',
            name='mail_test_config',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='accountpolicy',
            name='mail_test_reason',
            field=models.CharField(blank=True, editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name='accountpolicy',
            name='mail_tested_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
