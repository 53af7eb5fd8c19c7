"""Kinds of password hashes from other systems."""

from typing import ClassVar

from django.db import models


class ImportedHash(models.Model):
    """A kind of imported password hash that some people still have. There are only a few rows.

    `iterations` is 0 if the algorithm has none.
    """

    algorithm = models.CharField(max_length=40)
    iterations = models.PositiveBigIntegerField(default=0)

    class Meta:
        """One row for each kind."""

        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["algorithm", "iterations"], name="imported_hash_kind")
        ]

    def __str__(self) -> str:
        """Name the kind."""
        return f"{self.algorithm}, {self.iterations} iterations"
