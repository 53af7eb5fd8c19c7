"""Jobs: how far the worker has come with what staff do to many people."""

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mfa.admin.records import ReadOnly
from mfa.jobs import ACTIONS
from mfa.models import Job


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Reload a job's page to see it move."""

    list_display = ("started_at", "what", "by", "progress", "left_out", "finished_at")
    list_select_related = ("by",)
    fields = ("what", "by", "progress", "left_out", "started_at", "finished_at", "address")
    ordering = ("-pk",)
    person_at = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Model]:
        """Leave the list of people in the database."""
        return super().get_queryset(request).defer("people")

    @admin.display(description=_("what"))
    def what(self, row: Job) -> str:
        """Name the action."""
        return str(ACTIONS[row.action].words) if row.action in ACTIONS else row.action

    @admin.display(description=_("done"))
    def progress(self, row: Job) -> str:
        """Say how many people are dealt with."""
        return str(row)
