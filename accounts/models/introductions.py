"""Permissions that releases granted to our groups."""

from typing import ClassVar

from django.db import models


class Introduction(models.Model):
    """A permission that a release granted to one of our groups, once; see accounts.people.groups.

    `permission` is its label, such as "mfa.add_pause".
    """

    group = models.CharField(max_length=150)
    permission = models.CharField(max_length=200)

    class Meta:
        """One row for each. It needs no permissions."""

        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "permission"], name="introduction_once")
        ]

    def __str__(self) -> str:
        """Name the group and the permission."""
        return f"{self.group}: {self.permission}"
