"""Totals since the installation."""

from typing import ClassVar

from django.db import models


class Metric(models.Model):
    """How often something happened since the installation. `words` are its labels, split by "|"."""

    name = models.CharField(max_length=16)
    words = models.CharField(max_length=80)
    value = models.BigIntegerField()

    class Meta:
        """One row for each."""

        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "words"], name="tally_name_words")
        ]

    def __str__(self) -> str:
        """Name the total."""
        return f"{self.name} {self.words}: {self.value}"
