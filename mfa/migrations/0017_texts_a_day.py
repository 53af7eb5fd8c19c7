import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mfa", "0016_brakes")]

    operations = [
        migrations.AddField(
            model_name="accountpolicy",
            name="texts_a_day",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="The budget of a day, test messages included; 500 where empty. Confirmed numbers may get ten times as many, counted apart. You are told by mail when half is used.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="Texts a day to new numbers",
            ),
        ),
    ]
