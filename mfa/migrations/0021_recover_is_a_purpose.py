"""Let a code by email open the enrollment of a new factor."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("mfa", "0020_texts_held_back")]

    operations = [
        migrations.AlterField(
            model_name="challenge",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("login", "log in"),
                    ("enroll", "confirm a first number"),
                    ("change", "confirm a new number"),
                    ("step_up", "confirm who is logged in"),
                    ("reset", "set a new password"),
                    ("recover", "set up a new second step"),
                    ("test", "test the SMS account"),
                ],
                max_length=16,
                verbose_name="purpose",
            ),
        ),
    ]
