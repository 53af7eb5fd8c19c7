"""The admin pages of organizations."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from accounts.admin.organization_forms import OrganizationForm
from accounts.models import Organization
from accounts.organizations import details
from accounts.organizations.details import ConflictError
from accounts.organizations.managers import unmanaged
from mfa.admin import asking
from mfa.admin.base.page import PortalAdmin
from mfa.admin.base.words import NOTHING, audit_of_event, label
from mfa.client import client_of
from mfa.login.guards import person
from mfa.login.policy_words import grouped
from mfa.models import Event, Session

LIST = "admin:accounts_organization_changelist"


class ManagersFilter(admin.SimpleListFilter):
    """Organizations that nobody looks after (org3)."""

    title, parameter_name = _("managers"), "managers"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One choice besides all."""
        return [("none", _("Without an active manager"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Organization]
    ) -> QuerySet[Organization]:
        """Keep these."""
        if self.value() != "none":
            return queryset
        return queryset.filter(pk__in=unmanaged(timezone.now()).values("pk"))


@admin.register(Organization)
class OrganizationAdmin(PortalAdmin[Organization]):
    """Organizations and partners. Each links to its memberships and its rules."""

    form = OrganizationForm
    change_form_template = "admin/accounts/organization/change_form.html"
    list_display = ("state", "name", "slug", "partner")
    list_display_links = ("name",)
    list_filter = ("is_active", ManagersFilter)
    list_select_related = ("parent",)
    search_fields = ("^name", "^slug")
    search_help_text = _("Start of a name or short name")
    ordering = ("name", "pk")
    sortable_by = ()
    fields = ("name", "slug", "parent")

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        """An organization is turned off, because its audit and its people stay."""
        return False

    @admin.display(description=_("state"))
    def state(self, row: Organization) -> SafeString:
        """Whether its people can log in."""
        return label("good", gettext("Active")) if row.is_active else label("bad", gettext("Off"))

    @admin.display(description=_("partner"))
    def partner(self, row: Organization) -> str:
        """The organization above it."""
        return row.parent.name if row.parent else NOTHING

    def save_model(
        self,
        request: HttpRequest,
        obj: Organization,
        form: ModelForm[Organization],
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save the changed fields."""
        if form.changed_data:
            details.save(person(request), obj, form.changed_data, client=client_of(request))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the audit of changes to organizations."""
        return history(self, request, object_id, Event.ORGANIZATION_CHANGED)

    def switch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what turning an organization off or on means, then do it (org1)."""
        organization = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, organization):
            raise PermissionDenied
        if organization is None:
            raise Http404
        on, form = not organization.is_active, "admin:accounts_organization_change"
        if request.method != "POST":
            trail = [
                (gettext("Organizations"), LIST),
                (organization.name, reverse(form, args=[organization.pk])),
            ]
            title = gettext("Turn on %s?") if on else gettext("Turn off %s?")
            return asking.page(
                request,
                title=title % organization,
                lines=_after_on() if on else _after_off(organization),
                button=gettext("Turn on") if on else gettext("Turn off"),
                keep=gettext("Cancel"),
                danger=not on,
                trail=trail,
            )
        try:
            details.switch(person(request), organization, on=on, client=client_of(request))
        except ConflictError as error:
            messages.error(request, str(error))
        else:
            words = gettext("%s is active.") if on else gettext("%s is off.")
            messages.success(request, words % organization)
        return redirect(form, organization.pk)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that turns an organization off or on."""
        view = self.admin_site.admin_view(self.switch)
        name = "accounts_organization_switch"
        return [path("<path:object_id>/switch/", view, name=name), *super().get_urls()]


def history(
    page: PortalAdmin[Any], request: HttpRequest, object_id: str, event: Event
) -> HttpResponse:
    """Show the audit instead of Django's own history, to people who may see it."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    if not request.user.has_perm("mfa.view_auditevent"):
        show: Callable[..., HttpResponse] = super(PortalAdmin, page).history_view
        return show(request, object_id)
    return redirect(audit_of_event(event))


def _after_on() -> list[str]:
    return [gettext("Its people can log in again. Sessions that ended stay ended.")]


def _after_off(organization: Organization) -> list[str]:
    people, now = details.people_of(organization), timezone.now()
    number = people.count()
    sessions = Session.objects.logged_in(now).filter(user__in=people.values("pk"))
    lines = [
        ngettext(
            "%s person is logged out everywhere, and cannot log in without another organization.",
            "%s people are logged out everywhere, and cannot log in without another organization.",
            number,
        )
        % grouped(number),
        _logged_in(sessions.values("user").distinct().count()),
    ]
    if clients := organization.clients.filter(is_active=True).count():
        words = ngettext(
            "%s client organization stays active, without this partner's managers.",
            "%s client organizations stay active, without this partner's managers.",
            clients,
        )
        lines.append(words % grouped(clients))
    return lines


def _logged_in(number: int) -> str:
    words = ngettext("%s person is logged in now.", "%s people are logged in now.", number)
    return words % grouped(number)
