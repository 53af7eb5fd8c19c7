"""Pauses: times in which a person logs in by password."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from mfa.models import plain_text
from mfa.models.people import with_powers
from mfa.prepared import Moment


class PauseQuerySet(models.QuerySet["Pause"]):
    """Pauses by their time."""

    def running(self, now: Moment) -> "PauseQuerySet":
        """Keep the pauses that have not ended."""
        return self.filter(until__gt=now)

    def honored(self, now: Moment) -> "PauseQuerySet":
        """Keep the running pauses that apply. For staff only breakglass ones do (K19).

        It is one condition of the query, so a race cannot let a member of staff in.
        """
        return self.running(now).filter(Q(breakglass=True) | ~with_powers("user__"))


class Pause(models.Model):
    """A time in which one person logs in by password, with its reason.

    `breakglass`: a command on the server started it, so it applies to staff too.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="pauses", verbose_name=_("person")
    )
    reason = models.CharField(
        _("reason"), max_length=plain_text.LONGEST_REASON, validators=[plain_text.check]
    )
    started_at = models.DateTimeField(_("started"))
    until = models.DateTimeField(_("until"))
    # Set after the end, so that the next one can start
    ended_at = models.DateTimeField(null=True, editable=False)
    breakglass = models.BooleanField(_("breakglass"), default=False, editable=False)

    objects = PauseQuerySet.as_manager()

    class Meta:
        """Admin names."""

        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        indexes: ClassVar = [
            models.Index(fields=["user", "until"], name="pause_user_until"),
            models.Index(fields=["until"], name="pause_until"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="pause_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        """Name the person and the end."""
        end = date_format(timezone.localtime(self.until), "j F Y, H:i T")
        return gettext("%(person)s until %(end)s") % {"person": self.user, "end": end}
