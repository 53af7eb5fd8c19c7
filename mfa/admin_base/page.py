"""The base class of all admin pages: what each of them holds to without asking for it."""

from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from mfa.admin_base import numbers, queries
from mfa.admin_base.edits import Concurrent
from mfa.jobs import MOST_AT_ONCE

M = TypeVar("M", bound=models.Model)


class PortalAdmin(admin.ModelAdmin[M]):
    """Lists that filter, sort and search only as their page offers (S01).

    PortalAdminSite puts it under every admin class that is registered without it.
    """

    # The field that holds a row's person, for whose phone number staff may search; "" for none
    person_at = ""
    # Actions that give many rows to the worker
    queued_actions: frozenset[str] = frozenset()

    def __init__(self, model: type[M], admin_site: admin.AdminSite) -> None:
        """Let the form refuse to undo what it has not seen."""
        super().__init__(model, admin_site)
        self.form = type(self.form.__name__, (Concurrent, self.form), {})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Give the page the marks of the values that it shows."""
        form = context["adminform"].form
        context = {**context, "seen": form.seen if form.instance.pk else ""}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[M], search_term: str
    ) -> tuple[models.QuerySet[M], bool]:
        """Find by the page's search fields, or by the phone number of a row's person."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        owners = numbers.owners(request, search_term) if self.person_at else None
        if owners is None:
            return found, duplicates
        theirs = models.Q(**{f"{self.person_at}__in": owners})
        return queryset.filter(theirs | models.Q(pk__in=found.values("pk"))), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the lookups of the page's own filters."""
        del value
        return lookup in queries.offered_lookups(self, request)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Let rows be referenced by their primary key only."""
        del request
        return to_field == self.opts.pk.name

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """Fill in nothing that a link brings along."""
        del request
        return {}

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> M | None:
        """Find a row; a NUL is in no key, and PostgreSQL refuses even to look for one."""
        if from_field == "":
            raise BadRequest
        if "\0" in object_id:
            return None
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or not connection.in_atomic_block:
            return row
        # Of two who save at once the second waits here, then compares with what the first saved.
        rows = self.get_queryset(request).select_for_update(of=("self",))
        return rows.filter(pk=row.pk).first()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the list, or act on the chosen rows."""
        queries.demand_keys(self, request.POST.getlist(ACTION_CHECKBOX_NAME))
        return super().changelist_view(request, extra_context)

    def response_action(
        self, request: HttpRequest, queryset: models.QuerySet[M], *where: Any
    ) -> HttpResponse | None:
        """Run an action; one that no worker does takes few rows."""
        actions = set(request.POST.getlist("action")) - {""}
        across = request.POST.get("select_across", "0") != "0"
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        number = queryset.count() if across else len(chosen)
        if number > MOST_AT_ONCE and not actions <= self.queued_actions:
            messages.error(request, self.too_many())
            return None
        return super().response_action(request, queryset, *where)

    def too_many(self) -> str:
        """Say why many rows were not touched."""
        return (
            gettext(
                "Nothing was changed. Choose at most %d rows. For more, a worker must be running "
                "and your last job of this kind must be finished."
            )
            % MOST_AT_ONCE
        )

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Answer 400 to everything else; Django would show the whole list without a word."""
        queries.demand_offered(self, request)
        try:
            return super().get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise BadRequest from error
