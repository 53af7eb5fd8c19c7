"""One-time passes: what support gives a person who lost every way to log in."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# The name of the link by which the person confirms that they talk to the helper
LINK = "pass"
# From the issue: the person presses the button within ten minutes, and then the helper the other.
CONFIRM_LASTS = timedelta(minutes=10)


class OneTimePass(models.Model):
    """A pass that a helper makes for one person. Only the slow hash of its code is stored.

    First the helper asks the person (`asked_at`), who confirms by an emailed link. Then the pass is
    made. It works until `until`, once (`used_at`), unless it was cancelled (`ended_at`).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="one_time_passes"
    )
    helper = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    salt = models.CharField(max_length=32, blank=True)
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Names for retention, and the indexes of the login and of retention."""

        verbose_name_plural = _("one-time passes")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(made_at__isnull=False, used_at=None, ended_at=None),
                name="pass_one_at_a_time",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-asked_at"], name="pass_user_asked_at"),
            models.Index(fields=["asked_at"], name="pass_asked_at"),
        ]

    def __str__(self) -> str:
        """Say when it ends, never its code."""
        return str(self.until or self.asked_at)

    def is_for(self, changed_at: datetime | None) -> bool:
        """Whether the email address that got the question is still the account's."""
        return changed_at is None or changed_at < self.asked_at

    def may_confirm(self, now: datetime) -> bool:
        """Whether the person can still confirm."""
        waits = self.made_at is None and self.ended_at is None
        return waits and now < self.asked_at + CONFIRM_LASTS

    def is_confirmed(self, now: datetime) -> bool:
        """Whether the person has confirmed, and the helper can make the pass."""
        at = self.confirmed_at
        return self.made_at is None and at is not None and now < at + CONFIRM_LASTS
