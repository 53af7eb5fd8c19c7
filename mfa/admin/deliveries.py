"""The read-only list of deliveries, with explanations of provider errors."""

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from mfa import channels
from mfa.admin.base.read_only import ReadOnly
from mfa.admin.base.words import (
    NOTHING,
    ChannelFilter,
    MessageFilter,
    PersonFilter,
    label,
    when,
)
from mfa.models import Delivery, Reason
from mfa.models.message_words import CHANNELS, MESSAGES

TONES = {"delivered": "good", "sent": "good", "failed": "bad", "maybe": "warning"}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """Sent messages and their state."""

    list_display = ("status", "what", "user", "asked")
    list_display_links = ("what",)
    list_filter = ("state", ChannelFilter, MessageFilter, PersonFilter)
    list_select_related = ("user",)
    searched_order = ("-created_at",)
    search_fields = ("user__email", "provider_id__exact")
    search_help_text = _(
        "Email, name, phone number (whole or the last four digits), reference code (shown on the "
        "help page) or the provider's whole message ID"
    )
    fields = (
        "user",
        "what",
        "to",
        "status",
        "attempt",
        "explanation",
        "provider_id",
        "created_at",
        "claimed_at",
        "finished_at",
    )

    def searched(self, request: HttpRequest, term: str) -> Q:
        """Find one message by the provider's id too."""
        sent = Q(provider_id=term.strip()) & ~Q(provider_id="")
        return super().searched(request, term) | sent

    @admin.display(description=_("state"))
    def status(self, row: Delivery) -> SafeString:
        """How far it has come, and why it failed."""
        state = label(TONES.get(row.state, "quiet"), row.get_state_display())
        reason = " ".join(filter(None, [row.get_reason_display(), row.code and f"({row.code})"]))
        return format_html('{} <span class="why">{}</span>', state, reason) if reason else state

    @admin.display(description=_("message"))
    def what(self, row: Delivery) -> str:
        """The message, the channel and the masked target."""
        message = MESSAGES.get(row.message, row.message.replace("_", " "))
        return f"{message}: {CHANNELS.get(row.channel, row.channel)}, {self.to(row)}"

    @admin.display(description=_("when"))
    def asked(self, row: Delivery) -> SafeString:
        """When it was requested."""
        return when(row.created_at)

    @admin.display(description=_("what it means"))
    def explanation(self, row: Delivery) -> str:
        """Explain the provider's error for administrators."""
        if not row.reason or not channels.available(row.channel):
            return NOTHING
        return channels.get(row.channel).explain(Reason(row.reason), row.code)
