"""Requests of people who lost their phone, and wait until they can set up a new one (E13)."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa.client import device_of
from mfa.models.people import RIPE_LASTS

# The name of the link in each notice, which stops the request
LINK = "recovery"


class RecoveryRequest(models.Model):
    """A request, at most one open one for each person.

    It is ripe from `ready_at` until `ends_at`. `tell_at` is the time of the next notice. `network`
    is that of the device that asked, and `mark` the hash of a part of its cookie
    (mfa.sessions.devices). They are empty if support started it.
    """

    class Outcome(models.TextChoices):
        """Why a request ended."""

        USED = "used", _("used")
        FOUND = "found", _("the person has the phone again")
        TEXTED = "texted", _("stopped by the link of a text message")
        LOGIN = "login", _("a login with one of the person's methods")
        STRANGER = "stranger", _("reported as someone else's")
        REFUSED = "refused", _("refused by support")
        OVER = "over", _("not used in time")

    # After these, the device and network that asked wait. The link of a text keeps no one waiting:
    # a finder of the phone reads it.
    BLOCKING = (Outcome.STRANGER, Outcome.REFUSED)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_requests"
    )
    started_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField()
    tell_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    network = models.CharField(max_length=50, blank=True)
    mark = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=200, blank=True)
    # The audit row of the start, which "This wasn't me" reports
    event = models.BigIntegerField(null=True)

    class Meta:
        """Names for retention, and the indexes of the notices and of retention."""

        verbose_name_plural = _("requests after a lost phone")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="recovery_one_at_a_time"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["tell_at"], condition=Q(ended_at=None), name="recovery_tell_at"),
            models.Index(fields=["ended_at"], name="recovery_ended_at"),
        ]

    def __str__(self) -> str:
        """Return the device that asked, in words."""
        return self.device

    @property
    def ends_at(self) -> datetime:
        """When a ripe request ends."""
        return self.ready_at + RIPE_LASTS

    @property
    def device(self) -> str:
        """The browser and system in words, "" without a browser."""
        return device_of(self.browser)

    def is_open(self, now: datetime) -> bool:
        """Whether it waits or is ripe."""
        return self.ended_at is None and now < self.ends_at

    def is_ripe(self, now: datetime) -> bool:
        """Whether the person can set up a new phone now."""
        return self.is_open(now) and self.ready_at <= now
