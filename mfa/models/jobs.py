"""Jobs: actions of staff on many people, done by the worker."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _


class Job(models.Model):
    """One action on many people. `position` counts those that are done."""

    action = models.CharField(max_length=40)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    # The epoch of `by` at the start. If it rises, the job stops, because its author's session
    # ended.
    by_epoch = models.PositiveIntegerField(default=0)
    address = models.GenericIPAddressField(_("address"), null=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)
    people = models.JSONField(default=list)
    total = models.PositiveIntegerField(_("people"))
    position = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    # When the worker last did something. A job whose next step was lost is continued by this.
    worked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        """Names in the admin, and the index for the worker."""

        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes: ClassVar = [
            models.Index(
                fields=["worked_at"], condition=models.Q(finished_at=None), name="job_unfinished"
            ),
            models.Index(fields=["finished_at"], name="job_finished"),
        ]

    def __str__(self) -> str:
        """Return the progress in words."""
        words = {"done": self.position, "total": self.total}
        return gettext("%(done)d of %(total)d people") % words
