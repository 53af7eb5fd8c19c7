from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0011_circuit_of_texts")]

    operations = [
        migrations.AddField(
            model_name="factor",
            name="refuses_until",
            field=models.DateTimeField(null=True, verbose_name="refuses texts until"),
        ),
        migrations.AddField(
            model_name="factor",
            name="doubtful_since",
            field=models.DateTimeField(null=True, verbose_name="doubtful since"),
        ),
    ]
