"""The read-only list of pauses."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy as _

from mfa import rescue
from mfa.admin.base.read_only import ReadOnly
from mfa.admin.base.words import PersonFilter, label, when
from mfa.models import Pause


@admin.register(Pause)
class PauseAdmin(ReadOnly):
    """Who can log in by password, until when, and why."""

    change_form_template = "admin/mfa/pause/change_form.html"

    list_display = ("state", "reason", "user", "ends")
    list_display_links = ("reason",)
    list_filter = (PersonFilter,)
    list_select_related = ("user",)
    search_fields = ("user__email",)

    @admin.display(description=_("state"))
    def state(self, row: Pause) -> SafeString:
        """Whether it is running."""
        running = row.until > timezone.now()
        return label("warning", gettext("Running")) if running else label("quiet", gettext("Ended"))

    @admin.display(description=_("until"))
    def ends(self, row: Pause) -> SafeString:
        """When it ends or ended."""
        return when(row.until)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Link a running pause to the person's support page, which can end it."""
        pause = self.get_object(request, unquote(object_id))
        running = isinstance(pause, Pause) and pause.until > timezone.now()
        may = request.user.has_perm(rescue.RESCUE) and request.user.has_perm(rescue.PAUSE)
        context = {**(extra_context or {}), "ends_later": running and may}
        return super().change_view(request, object_id, form_url, context)
