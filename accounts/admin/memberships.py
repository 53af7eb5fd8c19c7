"""The admin pages of memberships. Each change has a page that asks, and goes through its verb."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy as _

from accounts.admin.organization_forms import MembershipForm
from accounts.models import Membership, Organization
from accounts.organizations import authority, members
from mfa.admin import asking
from mfa.admin.base.page import PortalAdmin
from mfa.admin.base.words import LONGEST_ID, PersonFilter, audit_of, label, when
from mfa.client import Client, client_of
from mfa.login.guards import person
from mfa.models import AbstractMfaUser

MEMBER, MANAGER = Membership.Role
LIST, PAGE = "admin:accounts_membership_changelist", "admin:accounts_membership_change"
Act = Callable[[AbstractMfaUser, Membership, Client], object]


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """One change of a membership, with its words."""

    title: str | Promise
    line: str | Promise
    act: Act
    takes_manager: bool = False


def _give(role: str) -> Act:
    return lambda actor, held, client: members.give_role(actor, held, role, client=client)


CHANGES = {
    "promote": MembershipChange(
        _("Make this person a manager"),
        _("%(email)s becomes a manager of %(organization)s. We notify the person by email."),
        _give(MANAGER),
    ),
    "demote": MembershipChange(
        _("Take away the role manager"),
        _("%(email)s stays a member of %(organization)s. We notify the person by email."),
        _give(MEMBER),
        takes_manager=True,
    ),
    "end": MembershipChange(
        _("End the membership"),
        _("%(email)s leaves %(organization)s and is logged out everywhere."),
        lambda actor, held, client: members.end(actor, held, client=client),
        takes_manager=True,
    ),
    "home": MembershipChange(
        _("Make it the main organization"),
        _("%(organization)s then chooses the wording and the flow of logins for %(email)s."),
        lambda actor, held, client: members.choose_home(actor, held, client=client),
    ),
}


class OrganizationFilter(admin.SimpleListFilter):
    """By one organization. Only links on its page set it."""

    title, parameter_name = _("organization"), "organization"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The organization in the URL, if any."""
        number = self.value()
        if not number:
            return []
        if not (number.isascii() and number.isdecimal() and len(number) <= LONGEST_ID):
            raise IncorrectLookupParameters
        return [(number, str(Organization.objects.filter(pk=number).first() or number))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Membership]
    ) -> QuerySet[Membership]:
        """Keep its memberships."""
        number = self.value()
        return queryset.filter(organization=int(number)) if number else queryset


@admin.register(Membership)
class MembershipAdmin(PortalAdmin[Membership]):
    """Who belongs where. Ended memberships are in the audit."""

    change_form_template = "admin/accounts/membership/change_form.html"
    list_display = ("what", "user", "organization", "since_when")
    list_display_links = ("user",)
    list_filter = (OrganizationFilter, PersonFilter)
    list_select_related = ("user", "organization")
    search_fields = ("user__email",)
    search_help_text = _("Email, name or phone number (whole or the last four digits)")
    person_at = "user"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("user", "organization", "what", "is_home", "since_when")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Leave out those that ended."""
        return super().get_queryset(request).filter(ended_at=None)

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Each change has a page of its own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """A membership ends, because its row keeps the account shut."""
        return False

    def get_form(
        self,
        request: HttpRequest,
        obj: Membership | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 Django's signature
        **kwargs: Any,
    ) -> type[ModelForm[Membership]]:
        """Ask for email, organization and role of a new one."""
        if obj:
            return super().get_form(request, obj, change, **kwargs)
        return type("MembershipForm", (MembershipForm,), {"actor": request.user})

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        """Show a membership, or the fields of a new one."""
        return self.fields if obj else ("email", "organization", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        """Only a new one has inputs."""
        return self.readonly_fields if obj else ()

    @admin.display(description=_("role"))
    def what(self, row: Membership) -> SafeString:
        """The role, and whether it counts."""
        if not row.organization.is_active:
            return label("bad", gettext("Organization off"))
        tone = "good" if row.role == MANAGER else "quiet"
        return label(tone, row.get_role_display())

    @admin.display(description=_("main organization"))
    def is_home(self, row: Membership) -> str:
        """Whether it chooses wording and flow."""
        return gettext("Yes") if row.user.home_id == row.pk else gettext("No")

    @admin.display(description=_("since"))
    def since_when(self, row: Membership) -> SafeString:
        """When the person joined."""
        return when(row.since)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001 Django's signature
        """Add the person."""
        added = members.add(
            person(request),
            form.person,
            form.cleaned_data["organization"],
            role=form.cleaned_data["role"],
            client=client_of(request),
        )
        vars(obj).update(vars(added))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer the changes that the person may make."""
        held, actor = context.get("original"), person(request)
        may = held and authority.rules_all(actor) and authority.may_give_role(actor, held)
        context["may_change"] = may
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the person's audit."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None or not request.user.has_perm("mfa.view_auditevent"):
            return super().history_view(request, object_id, extra_context)
        return redirect(audit_of(row.user_id))

    def ask(self, request: HttpRequest, object_id: str, change: MembershipChange) -> HttpResponse:
        """Say what a change means, then make it."""
        held = self.get_object(request, unquote(object_id))
        if not authority.rules_all(person(request)):
            raise PermissionDenied
        if held is None:
            raise Http404
        if not authority.may_give_role(person(request), held):
            raise PermissionDenied
        if request.method != "POST":
            return _page(request, held, change)
        change.act(person(request), held, client_of(request))
        messages.success(request, gettext("Saved."))
        gone = not self.get_queryset(request).filter(pk=held.pk).exists()
        return redirect(LIST) if gone else redirect(PAGE, held.pk)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of each change."""
        pages = []
        for name, change in CHANGES.items():
            view = update_wrapper(partial(self.ask, change=change), self.ask)
            address, full = f"<path:object_id>/{name}/", f"accounts_membership_{name}"
            pages.append(path(address, self.admin_site.admin_view(view), name=full))
        return [*pages, *super().get_urls()]


def _page(request: HttpRequest, held: Membership, change: MembershipChange) -> HttpResponse:
    names = {"email": held.user.email, "organization": held.organization.name}
    lines = [str(change.line) % names]
    if change.takes_manager and authority.is_last_manager(held):
        words = gettext("Warning: %s then has no active manager. Only administrators can do this.")
        lines.append(words % held.organization)
    return asking.page(
        request,
        title=str(change.title),
        lines=lines,
        button=str(change.title),
        keep=gettext("Cancel"),
        danger=change.takes_manager,
        trail=[
            (gettext("Memberships"), LIST),
            (held.user.email, reverse(PAGE, args=[held.pk])),
        ],
    )
