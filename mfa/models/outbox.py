"""Messages of the demo."""

from typing import ClassVar

from django.db import models


class OutboxMessage(models.Model):
    """A message of the demo. It is never sent; the virtual phone shows it."""

    at = models.DateTimeField(auto_now_add=True)
    channel = models.CharField(max_length=8)
    target = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()

    class Meta:
        """Newest first."""

        default_permissions = ()
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        """Name the channel and the target."""
        return f"{self.channel} to {self.target}"
