import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mfa", "0015_lost_factors"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Brake",
            fields=[
                (
                    "scope",
                    models.CharField(
                        max_length=16, primary_key=True, serialize=False, verbose_name="numbers"
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("until", models.DateTimeField(verbose_name="until")),
                ("lifted_at", models.DateTimeField(null=True, verbose_name="lifted")),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lifted by",
                    ),
                ),
            ],
            options={"verbose_name": "brake", "verbose_name_plural": "limits"},
        ),
    ]
