"""The read-only list of jobs and their progress."""

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mfa.admin.base.jobs import ACTIONS
from mfa.admin.base.read_only import ReadOnly
from mfa.models import Job


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Jobs. Reload a job's page to see its progress."""

    list_display = ("started_at", "what", "by", "progress", "left_out", "finished_at")
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
