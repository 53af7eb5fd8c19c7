"""Factors, challenges, deliveries, pauses and the audit: to read, never to edit (DT-03)."""

import re

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa import audit, channels
from mfa.admin.rescue import end_pause, pause_person, set_number
from mfa.admin_base.page import PortalAdmin
from mfa.models import AuditEvent, Challenge, Delivery, Factor, Pause, Reason
from mfa.rules.emails import normalize
from mfa.views.question import masked


class ReadOnly(PortalAdmin[models.Model]):
    """Rows that nobody may change here; targets are masked, and nothing secret has a column."""

    list_per_page = 50
    show_full_result_count = False
    person_at = "user"
    search_help_text = _(
        "An email, a phone number (whole or its last four digits), or the reference code that the "
        "help page shows"
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[models.Model], search_term: str
    ) -> tuple[QuerySet[models.Model], bool]:
        """Find by email, or a person's rows by the reference code of the help page."""
        case = audit.case_of(search_term)
        if case and case.user_id:
            return queryset.filter(user=case.user_id), False
        term = normalize(search_term) if "@" in search_term else search_term
        return super().get_search_results(request, queryset, term)

    @admin.display(description=_("to"))
    def to(self, row: Challenge | Delivery) -> str:
        """Name the target as far as pages may."""
        return masked(row.channel, row.target)


@admin.register(Factor)
class FactorAdmin(ReadOnly):
    """Who enrolled what."""

    list_display = ("user", "kind", "which", "confirmed_at", "last_used_at", "state")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = (
        "user",
        "kind",
        "restricted",
        "which",
        "confirmed_at",
        "last_used_at",
        "wrong_answers",
        "revoked_at",
        "suspended_at",
        "disabled_at",
        "refuses_until",
        "doubtful_since",
        "address",
        "browser",
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which a person's number is written."""
        page = self.admin_site.admin_view(set_number)
        return [
            path("person/<int:pk>/", page, name="mfa_factor_set_number"),
            *super().get_urls(),
        ]

    @admin.display(description=_("restricted (NIST SP 800-63B-4, 3.2.9)"), boolean=True)
    def restricted(self, row: Factor) -> bool:
        """Say whether the method can be intercepted on its way."""
        return row.restricted

    @admin.display(description=_("which"))
    def which(self, row: Factor) -> str:
        """Name it as far as pages may."""
        return row.masked

    @admin.display(description=_("state"))
    def state(self, row: Factor) -> str:
        """Say whether it can be used."""
        return row.state


@admin.register(Challenge)
class ChallengeAdmin(ReadOnly):
    """What was asked; the codes stand nowhere."""

    list_display = ("created_at", "user", "purpose", "channel", "to", "tries_left", "passed_at")
    list_filter = ("purpose", "channel")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = (
        "user",
        "purpose",
        "channel",
        "to",
        "created_at",
        "expires_at",
        "tries_left",
        "sends",
        "resend_at",
        "passed_at",
        "voided_at",
    )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """What was sent, and what became of it."""

    list_display = ("created_at", "user", "message", "channel", "to", "state", "reason", "code")
    list_filter = ("state", "channel", "message")
    list_select_related = ("user",)
    search_fields = ("user__email", "provider_id")
    fields = (
        "user",
        "message",
        "channel",
        "to",
        "state",
        "attempt",
        "reason",
        "explanation",
        "provider_id",
        "created_at",
        "claimed_at",
        "finished_at",
    )

    @admin.display(description=_("what it means"))
    def explanation(self, row: Delivery) -> str:
        """Put the provider's error into words for administrators."""
        if not row.reason or not channels.available(row.channel):
            return "-"
        return channels.get(row.channel).explain(Reason(row.reason), row.code)


@admin.register(Pause)
class PauseAdmin(ReadOnly):
    """Who may log in by password alone, until when, and why."""

    change_form_template = "admin/mfa/pause/change_form.html"

    list_display = ("user", "started_at", "until", "reason")
    list_select_related = ("user",)
    search_fields = ("user__email",)

    def get_urls(self) -> list[URLPattern]:
        """Add the two pages that start and end one."""
        guard = self.admin_site.admin_view
        return [
            path("person/<int:pk>/", guard(pause_person), name="mfa_pause_person"),
            path("<int:pk>/end/", guard(end_pause), name="mfa_pause_end"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Offer to end it while it runs."""
        pause = self.get_object(request, unquote(object_id))
        running = isinstance(pause, Pause) and pause.until > timezone.now()
        may = request.user.has_perm("mfa.add_pause")
        context = {**(extra_context or {}), "ends_later": running and may}
        return super().change_view(request, object_id, form_url, context)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """What happened."""

    list_display = ("at", "what", "event", "person", "done_by", "address")
    list_filter = ("event",)
    list_select_related = ("user", "actor")
    search_fields = ("user__email",)
    search_help_text = _(
        "An email, a phone number (whole or its last four digits), the number of a person who was "
        "deleted, or the reference code of the help page"
    )
    fields = ("at", "what", "event", "person", "done_by", "address", "browser", "details")

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Model]:
        """Read the people along: one who was deleted has only a number."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[models.Model], search_term: str
    ) -> tuple[QuerySet[models.Model], bool]:
        """Find by a person's number too: of the person concerned, or of the one who acted."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        number = search_term.strip()
        if not re.fullmatch(r"[1-9][0-9]{0,17}", number) or audit.case_of(number):
            return found, duplicates
        of = models.Q(user_id=int(number)) | models.Q(actor_id=int(number))
        return queryset.filter(of | models.Q(pk__in=found.values("pk"))), False

    @admin.display(description=_("person"))
    def person(self, row: AuditEvent) -> str:
        """Name the person concerned."""
        return row.person or "-"

    @admin.display(description=_("done by"))
    def done_by(self, row: AuditEvent) -> str:
        """Name who did it to somebody else."""
        return row.done_by or "-"

    @admin.display(description=_("what happened"))
    def what(self, row: AuditEvent) -> str:
        """Say it as its person reads it; `event` is its name in filters and logs."""
        return row.text
