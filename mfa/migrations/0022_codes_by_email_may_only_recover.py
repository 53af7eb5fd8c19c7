"""Offer administrators the third choice of what codes by email may do."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("mfa", "0021_recover_is_a_purpose")]

    operations = [
        migrations.AlterField(
            model_name="accountpolicy",
            name="email_codes",
            field=models.CharField(
                blank=True,
                choices=[
                    ("login", "May stand in for a text (never for staff)"),
                    ("recovery", "Only to set up a new phone or app (never for staff)"),
                    ("off", "Never"),
                ],
                help_text="Anyone who reads a person's mail can then pass or replace the second step.",
                max_length=10,
                verbose_name="Codes by email",
            ),
        ),
    ]
