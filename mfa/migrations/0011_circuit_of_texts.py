from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0010_limits_of_sessions")]

    operations = [
        migrations.AddField(
            model_name="accountpolicy",
            name="texts_rest_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="accountpolicy",
            name="texts_failed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="accountpolicy",
            name="texts_fault_reason",
            field=models.CharField(blank=True, editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name="accountpolicy",
            name="texts_fault_code",
            field=models.CharField(blank=True, editable=False, max_length=12),
        ),
        migrations.AddField(
            model_name="accountpolicy",
            name="texts_tried_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="accountpolicy",
            name="texts_resumed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
