"""The admin's page for one policy of an organization: for its people, or for its clients."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts.admin.organization_affected import CHANGE, affected
from accounts.admin.organization_rules_form import OrganizationPolicyForm, organization_of
from accounts.admin.organizations import LIST, history
from accounts.models import OrganizationPolicy
from accounts.organizations import rules
from mfa import countries
from mfa.admin import presets
from mfa.admin.base.page import PortalAdmin
from mfa.client import client_of
from mfa.login.guards import person
from mfa.login.policy_words import impact_sentences, sentence_of
from mfa.models import Event

AFFECTED = "admin:accounts_organizationpolicy_affected"
REGISTRATION = ("registration",)


@admin.register(OrganizationPolicy)
class OrganizationPolicyAdmin(PortalAdmin[OrganizationPolicy]):
    """The page is reached from its organization, so the list leads there."""

    form = OrganizationPolicyForm
    change_form_template = "admin/accounts/organizationpolicy/change_form.html"
    fieldsets = (
        (
            _("Who MFA applies to"),
            {"fields": ("enforcement", "deadline", "most_skips", "skips_until", "on_reenable")},
        ),
        (
            _("Methods and codes"),
            {
                "fields": (
                    "methods",
                    "backup",
                    "weaker_ways",
                    "passkeys_from",
                    "email_codes",
                    "recovery_hours",
                    "new_device_email",
                    "may_close",
                    "after_enrollment",
                    "number_change",
                    "code_life_minutes",
                )
            },
        ),
        (
            _("Phone numbers"),
            {"fields": ("home_region", "allow_voip", "enroll_countries", "text_countries")},
        ),
        (
            _("Sessions"),
            {"fields": ("session_hours", "session_idle_minutes", "trust_browser_days")},
        ),
        (_("Help"), {"fields": ("contact",)}),
        (_("Registration"), {"fields": REGISTRATION}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: OrganizationPolicy | None = None) -> Any:
        """Leave out registration in the rules for clients: people register at one organization."""
        shown = super().get_fieldsets(request, obj)
        if obj and not rules.is_for_clients(organization_of(obj), obj):
            return shown
        return [each for each in shown if each[1]["fields"] != REGISTRATION]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The index lists only organizations."""
        return False

    def has_view_permission(
        self, request: HttpRequest, obj: OrganizationPolicy | None = None
    ) -> bool:
        """People who can change organizations."""
        return request.user.has_perm(CHANGE)

    def has_change_permission(
        self, request: HttpRequest, obj: OrganizationPolicy | None = None
    ) -> bool:
        """People who can change organizations."""
        return request.user.has_perm(CHANGE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Each organization has its two."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: OrganizationPolicy | None = None
    ) -> bool:
        """Each organization has its two."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Redirect to the organizations."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect(LIST)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the sentence of these rules, presets, and what a change means."""
        form = context["adminform"].form
        context |= presets.fill(request, form)
        organization, level = form.organization, form.instance
        stored = OrganizationPolicy.objects.get(pk=level.pk)
        clients = rules.is_for_clients(organization, stored)
        title = gettext("Rules for the clients of %s") if clients else gettext("Rules of %s")
        context |= {
            "title": title % organization,
            "subtitle": None,
            "organization": organization,
            "countries": countries.all_names(),
            "before": sentence_of(rules.policy_with(organization, stored)),
        }
        if form.explained:
            rules.follow(organization, level)
            now = timezone.now()
            context |= {
                "mark": form.mark,
                "after": sentence_of(rules.policy_with(organization, level)),
                "impact": impact_sentences(
                    rules.impact_of(organization, level, now),
                    rules.later_of(organization, level, now),
                ),
                "untrusts": rules.ends_trust(organization, level),
                "again": level.enroll_again_from != stored.enroll_again_from,
            }
        context["sent_to"] = reverse(AFFECTED, args=[level.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the people that a change affects."""
        view = self.admin_site.admin_view(affected)
        name = AFFECTED.partition(":")[2]
        return [path("<path:object_id>/affected/", view, name=name), *super().get_urls()]

    def save_model(
        self,
        request: HttpRequest,
        obj: OrganizationPolicy,
        form: ModelForm[OrganizationPolicy],
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save the level."""
        rules.save(person(request), organization_of(obj), obj, client=client_of(request))

    def response_change(self, request: HttpRequest, obj: OrganizationPolicy) -> HttpResponse:
        """Return to the page."""
        messages.success(request, gettext("Saved."))
        return redirect(reverse("admin:accounts_organizationpolicy_change", args=[obj.pk]))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the audit of changed rules."""
        del extra_context
        return history(self, request, unquote(object_id), Event.RULES_CHANGED)
