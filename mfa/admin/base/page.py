"""The base class of all admin pages."""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IncorrectLookupParameters, ShowFacets
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext

from mfa.admin.base import deleting, queries
from mfa.admin.base.edits import Concurrent
from mfa.admin.base.jobs import MOST_AT_ONCE
from mfa.admin.base.uncounted import Uncounted
from mfa.forms.moments import MomentField
from mfa.login import typed
from mfa.login.typed import FormClass
from mfa.search import people as search

M = TypeVar("M", bound=models.Model)


class PortalAdmin(admin.ModelAdmin[M]):
    """Lists with only the filters, orders and searches that their page offers (S01).

    PortalAdminSite adds it to every admin class that is registered without it.
    """

    # The field with a row's person, for search by phone number; "" for none
    person_at = ""
    # Actions that the worker does for many rows
    queued_actions: frozenset[str] = frozenset()

    formfield_overrides: ClassVar = {models.DateTimeField: {"form_class": MomentField}}

    # No count over a table
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50

    def __init__(self, model: type[M], admin_site: admin.AdminSite) -> None:
        """Make the form refuse to overwrite unseen changes."""
        super().__init__(model, admin_site)
        self.form = type(self.form.__name__, (Concurrent, self.form), {})

    @property
    def media(self) -> forms.Media:
        """Load the script of the actions only: no page here needs jQuery or fills in slugs."""
        return forms.Media(js=["admin/js/core.js", "admin/js/actions.js"])

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Show a choice without the links to popup windows, which need a script."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def form_behind(self, request: HttpRequest, object_id: str | None) -> FormClass | None:
        """Return the class of the form to add or change a row, or None if the person may not."""
        row = self.get_object(request, unquote(object_id)) if object_id else None
        may = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        if not may or (object_id and row is None):
            return None
        form: FormClass = self.get_form(request, row, change=row is not None)
        return form

    def form_address(self, request: HttpRequest) -> str:
        """Return the path that identifies the form after a step-up."""
        return request.path

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the marks of the shown values to the page, and what a step-up interrupted."""
        form = context["adminform"].form
        typed.fill(request, form, address=self.form_address(request))
        context = {**context, "seen": form.seen if form.instance.pk else ""}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[M], search_term: str
    ) -> tuple[models.QuerySet[M], bool]:
        """Search by the page's search fields, or by the phone number of a row's person."""
        if not self.person_at or not search_term.strip():
            return super().get_search_results(request, queryset, search_term)
        search.warn_if_short(request, search_term)
        return queryset.filter(self.searched(request, search_term)), False

    def searched(self, request: HttpRequest, term: str) -> models.Q:
        """Return the condition for the rows that a search means: those of the people it finds."""
        return models.Q(**{f"{self.person_at}__in": search.ids_of_people(request, term)})

    def get_deleted_objects(
        self, objs: models.QuerySet[M] | Sequence[M], request: HttpRequest
    ) -> tuple[Any, ...]:
        """List what is deleted too, by names that people know."""
        listed, numbers, *refusals = super().get_deleted_objects(objs, request)
        return deleting.named(listed), deleting.counted(numbers), *refusals

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Never count the rows."""
        return Uncounted

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the lookups of the page's own filters."""
        del value
        return lookup in queries.offered_lookups(self, request)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Allow references to rows only by their primary key."""
        del request
        return to_field == self.opts.pk.name

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """Ignore initial data in links."""
        del request
        return {}

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> M | None:
        """Find a row. A NUL is in no key, and PostgreSQL refuses queries with one."""
        if from_field == "":
            raise BadRequest
        if "\0" in object_id:
            return None
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or not connection.in_atomic_block:
            return row
        # Of two parallel saves, the second waits here and then compares with the first.
        rows = self.get_queryset(request).select_for_update(of=("self",), no_key=True)
        return rows.filter(pk=row.pk).first()

    def log_change(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        """Store the row's name untranslated, because readers may have another language."""
        with translation.override(None):
            return super().log_change(request, obj, message)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the list, or act on the selected rows."""
        queries.demand_keys(self, request.POST.getlist(ACTION_CHECKBOX_NAME))
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def response_action(
        self, request: HttpRequest, queryset: models.QuerySet[M], *where: Any
    ) -> HttpResponse | None:
        """Run an action. Without the worker it accepts only few rows."""
        actions = set(request.POST.getlist("action")) - {""}
        across = request.POST.get("select_across", "0") != "0"
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        some = queryset.order_by().values_list("pk", flat=True)[: MOST_AT_ONCE + 1]
        number = len(some) if across else len(chosen)
        if number > MOST_AT_ONCE and not actions <= self.queued_actions:
            messages.error(request, self.too_many())
            return None
        return super().response_action(request, queryset, *where)

    def too_many(self) -> str:
        """Return why an action on many rows was refused."""
        return (
            gettext(
                "Nothing was changed. Choose at most %d rows. To choose more, wait until your last "
                "job of this kind has finished, and check that a worker is running."
            )
            % MOST_AT_ONCE
        )

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Answer 400 to invalid filters. Django would silently show the whole list."""
        queries.demand_offered(self, request)
        try:
            return super().get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise BadRequest from error
