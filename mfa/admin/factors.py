"""The read-only list of factors."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

from mfa.admin.base.read_only import ReadOnly
from mfa.admin.base.words import PersonFilter, label, when
from mfa.models import Factor, Status


@admin.register(Factor)
class FactorAdmin(ReadOnly):
    """The factors of people."""

    list_display = ("state", "which", "user", "confirmed", "last_used")
    list_display_links = ("which",)
    list_filter = (PersonFilter,)
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
        "state",
        "status_at",
        "refuses_until",
        "doubtful_since",
        "address",
        "browser",
    )

    @admin.display(description=_("restricted (NIST SP 800-63B-4, 3.2.9)"))
    def restricted(self, row: Factor) -> str:
        """Whether the method can be intercepted."""
        return gettext("Yes") if row.restricted else gettext("No")

    @admin.display(description=_("which"))
    def which(self, row: Factor) -> str:
        """The factor with a masked target."""
        return capfirst(row.masked)

    @admin.display(description=_("state"))
    def state(self, row: Factor) -> SafeString:
        """Whether it can be used, in words."""
        return label(_tone(row), row.state)

    @admin.display(description=_("verified"))
    def confirmed(self, row: Factor) -> SafeString:
        """When it was set up."""
        return when(row.confirmed_at)

    @admin.display(description=_("last used"))
    def last_used(self, row: Factor) -> SafeString:
        """When it was last used."""
        return when(row.last_used_at)


def _tone(row: Factor) -> str:
    if row.status in {Status.DISABLED, Status.SUSPENDED}:
        return "bad"
    if row.status == Status.REVOKED:
        return "quiet"
    fine = row.status == Status.ACTIVE and row.readable
    return "good" if fine and not (row.refuses or row.doubtful_since) else "warning"
