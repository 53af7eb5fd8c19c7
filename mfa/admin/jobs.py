"""The read-only list of jobs and their progress."""

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from mfa.admin.base.jobs import ACTIONS
from mfa.admin.base.read_only import ReadOnly
from mfa.admin.base.words import audit_of, when
from mfa.models import Job


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Jobs. Reload a job's page to see its progress."""

    list_display = ("progress", "what", "by", "started", "finished", "left_out")
    list_display_links = ("what",)
    list_select_related = ("by",)
    fields = ("what", "by", "progress", "left_out", "started_at", "finished_at", "address")
    ordering = ("-pk",)
    person_at = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Model]:
        """Do not load the list of people."""
        return super().get_queryset(request).defer("people")

    @admin.display(description=_("what"))
    def what(self, row: Job) -> str:
        """The name of the action."""
        return str(ACTIONS[row.action].words) if row.action in ACTIONS else row.action

    @admin.display(description=_("done"))
    def progress(self, row: Job) -> str:
        """How many people are done."""
        return str(row)

    @admin.display(description=_("started"))
    def started(self, row: Job) -> SafeString:
        """When it was asked for."""
        return when(row.started_at)

    @admin.display(description=_("finished"))
    def finished(self, row: Job) -> SafeString:
        """When the last person was done."""
        return when(row.finished_at)

    def audit_of(self, row: Job) -> str:
        """Return the audit of the person who started it."""
        return audit_of(row.by_id) if row.by_id else ""
