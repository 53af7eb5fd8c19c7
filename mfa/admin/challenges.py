"""The read-only list of challenges. Their codes are not stored."""

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _, gettext_lazy

from mfa.admin.base.read_only import ReadOnly
from mfa.admin.base.words import PersonFilter, label, when
from mfa.models import Challenge


@admin.register(Challenge)
class ChallengeAdmin(ReadOnly):
    """Codes that were requested, and what happened to them."""

    list_display = ("state", "what", "user", "asked")
    list_display_links = ("what",)
    list_filter = ("purpose", PersonFilter)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    fields = (
        "user",
        "state",
        "purpose",
        "to",
        "created_at",
        "expires_at",
        "tries_left",
        "sends",
        "resend_at",
        "passed_at",
        "voided_at",
    )

    @admin.display(description=gettext_lazy("state"))
    def state(self, row: Challenge) -> SafeString:
        """How far it has come."""
        if row.passed_at:
            return label("good", _("Verified"))
        if row.voided_at:
            return label("quiet", _("Replaced"))
        if not row.tries_left:
            return label("bad", _("Too many wrong codes"))
        if row.expires_at <= timezone.now():
            return label("warning", _("Expired"))
        return label("quiet", _("Waiting for the code"))

    @admin.display(description=gettext_lazy("what for"))
    def what(self, row: Challenge) -> str:
        """The purpose and the target."""
        return capfirst(f"{row.get_purpose_display()}, {self.to(row)}")

    @admin.display(description=gettext_lazy("when"))
    def asked(self, row: Challenge) -> SafeString:
        """When the code was requested."""
        return when(row.created_at)
