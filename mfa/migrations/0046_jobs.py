"""Jobs: actions on many people, worked off by the worker."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mfa", "0045_askers_of_texts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            "Job",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("action", models.CharField(max_length=40)),
                ("by_epoch", models.PositiveIntegerField(default=0)),
                ("address", models.GenericIPAddressField(null=True, verbose_name="address")),
                (
                    "browser",
                    models.CharField(blank=True, max_length=200, verbose_name="browser"),
                ),
                ("people", models.JSONField(default=list)),
                ("total", models.PositiveIntegerField(verbose_name="people")),
                ("position", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveIntegerField(default=0, verbose_name="left out")),
                (
                    "started_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="started"
                    ),
                ),
                ("worked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="started by",
                    ),
                ),
            ],
            {
                "verbose_name": "job",
                "verbose_name_plural": "jobs",
                "indexes": [
                    models.Index(
                        fields=["worked_at"],
                        condition=models.Q(("finished_at", None)),
                        name="job_unfinished",
                    ),
                    models.Index(fields=["finished_at"], name="job_finished"),
                ],
            },
        ),
    ]
