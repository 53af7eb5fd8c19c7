from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mfa", "0013_finished_deliveries"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unknown_number", "this number does not exist"),
                    ("cannot_get_texts", "this number cannot get texts"),
                    ("unreachable", "the phone is switched off or out of reach"),
                    ("blocked", "the phone company blocked it"),
                    ("opted_out", "this phone refuses our texts until you text us START"),
                    ("country", "we cannot send texts to this country"),
                    ("trial", "the trial account sends only to numbers confirmed there"),
                    ("busy", "the service is busy; try again in a few minutes"),
                    ("capped", "the service is busy; try again in a few minutes"),
                    ("account", "texts are not available right now"),
                    ("credentials", "texts are not available right now"),
                    ("sender", "texts are not available right now"),
                    ("unregistered", "texts are not available right now"),
                    ("held", "we cannot send a text to this number now"),
                    ("proxy", "the text service could not be reached"),
                    ("network", "the service did not answer"),
                    ("our_fault", "something went wrong on our side"),
                    ("refused", "it was refused"),
                    ("unknown", "nobody says why"),
                ],
                max_length=20,
                verbose_name="reason",
            ),
        ),
    ]
