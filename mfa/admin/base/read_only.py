"""The base class of read-only pages (DT-03)."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.db import models
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from mfa import channels
from mfa.admin.base.page import PortalAdmin
from mfa.admin.base.words import audit_of
from mfa.models import Challenge, Delivery

Ordering = list[str | Combinable] | tuple[str | Combinable, ...] | tuple[()]


class ReadOnly(PortalAdmin[models.Model]):
    """Rows that nobody can change here. Targets are masked, and secrets have no column."""

    person_at = "user"
    # Newest first: other orders would sort the whole table
    sortable_by = ()
    # The order of search results. It has no index, so the planner uses the indexes of the search
    # and does not read the table from its newest row.
    searched_order: tuple[str, ...] = ()
    search_help_text = _(
        "Email, name, phone number (whole or the last four digits) or reference code (shown on "
        "the help page)"
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody can add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody can change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody can delete."""
        return False

    def get_ordering(self, request: HttpRequest) -> Ordering:
        """Order search results by `searched_order`, and other lists as usual."""
        searched = self.searched_order and request.GET.get(SEARCH_VAR, "").strip()
        return self.searched_order if searched else super().get_ordering(request)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the audit of the row."""
        row = self.get_object(request, unquote(object_id))
        address = self.audit_of(row) if row and self.has_view_permission(request, row) else ""
        if not address or not request.user.has_perm("mfa.view_auditevent"):
            return super().history_view(request, object_id, extra_context)
        return redirect(address)

    def audit_of(self, row: Any) -> str:
        """Return the address of the audit of the row's person, "" without one."""
        number = getattr(row, "user_id", None)
        return audit_of(number) if number else ""

    @admin.display(description=_("to"))
    def to(self, row: Challenge | Delivery) -> str:
        """The masked target."""
        return channels.masked(row.channel, row.target)
