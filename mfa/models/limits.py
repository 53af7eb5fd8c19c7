"""Counters of limits, lockouts, and send blocks."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext, gettext_lazy as _


class Counter(models.Model):
    """How often something happened in one period. `key` is a keyed hash."""

    key = models.CharField(max_length=64)
    bucket = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        """The target of the upsert, and the index for old rows."""

        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "bucket"], name="counter_key_bucket")
        ]
        indexes: ClassVar = [models.Index(fields=["bucket"], name="counter_bucket")]

    def __str__(self) -> str:
        """Return the count, because the key is a hash."""
        return f"{self.count} in bucket {self.bucket}"


class Lockout(models.Model):
    """Failures in a row under one key (a keyed hash), and the end of their wait."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField()
    until = models.DateTimeField()

    class Meta:
        """The index for old rows."""

        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["until"], name="wait_until")]

    def __str__(self) -> str:
        """Return the count, because the key is a hash."""
        return f"{self.failures} failures"


class SendBlockQuerySet(models.QuerySet["SendBlock"]):
    """Send blocks by their time."""

    def running(self, now: datetime) -> "SendBlockQuerySet":
        """Keep the blocks before their end. Lifted ones too, because they allow their scope."""
        return self.filter(until__gt=now)


class SendBlock(models.Model):
    """A stop of texts to new numbers of a scope, until a time or until an administrator lifts it.

    `scope` is the start of numbers ("+447700900"), a country ("GB"), an account ("person:7") or a
    network ("network:198.51.100.0/24"). A lifted block allows its scope until its time ends.
    """

    scope = models.CharField(_("numbers"), max_length=60, primary_key=True)
    started_at = models.DateTimeField(_("started"))
    until = models.DateTimeField(_("until"))
    lifted_at = models.DateTimeField(_("allowed again"), null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("allowed again by"),
    )

    objects = SendBlockQuerySet.as_manager()

    class Meta:
        """Names in the admin (its page shows all limits), and the index for old rows."""

        verbose_name = _("send block")
        verbose_name_plural = _("limits")
        indexes: ClassVar = [models.Index(fields=["until"], name="send_block_until")]

    def __str__(self) -> str:
        """Return the blocked scope."""
        return self.scope

    @property
    def is_country(self) -> bool:
        """Whether it blocks a whole country."""
        return not (self.scope.startswith("+") or self.asker)

    @property
    def asker(self) -> str:
        """The blocked account or network, "" if it blocks numbers."""
        kind, _colon, rest = self.scope.partition(":")
        match kind:
            case "person":
                return gettext("account no. %s") % rest
            case "network":
                return gettext("network %s") % rest
        return ""
