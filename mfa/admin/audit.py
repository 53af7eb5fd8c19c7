"""The audit list, with search by person or reference."""

import re

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy as _

from mfa import audit
from mfa.admin import audit_details
from mfa.admin.base.read_only import ReadOnly
from mfa.admin.base.words import NOTHING, EventFilter, PersonFilter, label, when
from mfa.models import AuditEvent, Event
from mfa.models.audit import ACCEPTED, ALARMING, DECLINED
from mfa.models.challenges import PURPOSES

# The kinds of events, each with its tone and its words
LOOKS = (
    (ALARMING, ("warning", _("Alert"))),
    (
        ACCEPTED | {Event.PASSWORD_RIGHT, Event.LOGGED_IN, Event.STEPPED_UP},
        ("good", _("Success")),
    ),
    (
        DECLINED
        | {
            Event.PASSWORD_WRONG,
            Event.PASSWORD_SLOWED,
            Event.CODE_REFUSED,
            Event.CODES_GUESSED,
            Event.LOCKED,
            Event.STEP_REFUSED,
            Event.DISOWNED,
            Event.UNUSUAL_LOGIN,
        },
        ("bad", _("Problem")),
    ),
)
CHANGE = ("quiet", _("Record"))


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """What happened."""

    list_display = ("outcome", "happened", "who", "moment")
    list_display_links = ("happened",)
    list_filter = (EventFilter, PersonFilter)
    list_select_related = ("user", "actor")
    searched_order = ("-at",)
    search_fields = ("user__email",)
    search_help_text = _(
        "Email, name, phone number (whole or the last four digits), reference code (shown on the "
        "help page) or the number of a deleted person"
    )
    fields = ("at", "what", "person", "done_by", "address", "browser", "told")

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Model]:
        """Load the people too. A deleted person has only a number."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    def searched(self, request: HttpRequest, term: str) -> models.Q:
        """Search by a person's number too: of the person concerned, or of the actor."""
        found, number = super().searched(request, term), term.strip()
        if not re.fullmatch(r"[1-9][0-9]{0,17}", number) or audit.case_of(number):
            return found
        return found | models.Q(user_id=int(number)) | models.Q(actor_id=int(number))

    @admin.display(description=_("outcome"))
    def outcome(self, row: AuditEvent) -> SafeString:
        """The kind of event at a glance."""
        tone, words = next((look for events, look in LOOKS if row.event in events), CHANGE)
        return label(tone, words)

    @admin.display(description=_("what happened"))
    def happened(self, row: AuditEvent) -> str:
        """The event in words, with the purpose of a code (C03)."""
        purpose = PURPOSES.get(row.details.get("purpose"))
        if not purpose or not row.event.startswith("code_"):
            return row.told
        words = {"event": row.told, "purpose": purpose}
        return gettext("%(event)s Purpose: %(purpose)s.") % words

    @admin.display(description=_("details"))
    def told(self, row: AuditEvent) -> SafeString:
        """The details in words, one on each line."""
        lines = audit_details.in_words(row)
        return format_html_join(mark_safe("<br>"), "{}: {}", lines) or NOTHING

    @admin.display(description=_("who"))
    def who(self, row: AuditEvent) -> str:
        """The person, and who acted if it was someone else."""
        if not row.done_by:
            return self.person(row)
        names = {"person": row.person or "-", "actor": row.done_by}
        return gettext("%(person)s, by %(actor)s") % names

    @admin.display(description=_("when"))
    def moment(self, row: AuditEvent) -> SafeString:
        """When it happened."""
        return when(row.at)

    @admin.display(description=_("person"))
    def person(self, row: AuditEvent) -> str:
        """The email or number of the person concerned."""
        return row.person or NOTHING

    @admin.display(description=_("done by"))
    def done_by(self, row: AuditEvent) -> str:
        """The person who acted."""
        return row.done_by or NOTHING

    @admin.display(description=_("what happened"))
    def what(self, row: AuditEvent) -> str:
        """The event in words. `event` is its name in filters and logs."""
        return row.told
