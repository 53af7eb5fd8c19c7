"""The admin's page for one policy of an organization: for its people, or for its clients."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext, gettext_lazy as _

from accounts.admin.organizations import LIST, history
from accounts.models import Organization, OrganizationPolicy
from accounts.organizations import rules
from mfa import countries
from mfa.admin import presets
from mfa.admin.base.page import PortalAdmin
from mfa.client import client_of
from mfa.forms.levels import LevelForm
from mfa.login.guards import person
from mfa.login.policy_words import impact_sentences, sentence_of
from mfa.models import Event

CHANGE = "accounts.change_organization"
# The hidden field with a hash of the values that the page has explained
PREVIEWED = "_previewed"

REGISTRATION = ("registration",)


class OrganizationPolicyForm(LevelForm[OrganizationPolicy]):
    """Shows what changes before it saves: the first press of the button only explains."""

    class Meta:
        """The columns, as the page groups them."""

        model = OrganizationPolicy
        fields = (
            "enforcement",
            "deadline",
            "most_skips",
            "skips_until",
            "on_reenable",
            "methods",
            "email_codes",
            "new_device_email",
            "may_close",
            "registration",
            "after_enrollment",
            "number_change",
            "code_life_minutes",
            "session_hours",
            "session_idle_minutes",
            "home_region",
            "allow_voip",
            "enroll_countries",
            "text_countries",
            "contact",
        )

    explained = False

    def unset(self, name: str) -> str:
        """Return what an empty choice means. Organizations have a default of their own (K9)."""
        if name != "on_reenable":
            return super().unset(name)
        default = OrganizationPolicy.Reenable(OrganizationPolicy.on_reenable_if_unset)
        return gettext("Default: %s") % default.label

    @property
    def organization(self) -> Organization:
        """The organization whose policy this is."""
        return organization_of(self.instance)

    @property
    def mark(self) -> str:
        """A hash of the values, so that other values are explained again."""
        values = repr(sorted((name, str(value)) for name, value in self.cleaned_data.items()))
        return salted_hmac("accounts.admin.previewed", values, algorithm="sha256").hexdigest()

    def is_valid(self) -> bool:
        """Whether to save: the values are right, and the page has said what they mean."""
        right = super().is_valid()
        said = constant_time_compare(self.data.get(PREVIEWED, ""), self.mark) if right else False
        self.explained = right and bool(self.changed_data) and not said
        return right and not self.explained

    def _post_clean(self) -> None:
        """Refuse rules without effect, and those that leave people no verification method."""
        super()._post_clean()  # type: ignore[misc]  # the stubs lack Django's method
        if self.errors:
            return
        if conflict := rules.conflict_with(self.organization, self.instance):
            self.add_error(conflict.field, str(conflict))
        elif rules.demands_less(self.organization, self.instance):
            words = gettext("The levels above require more. Choose the same or more.")
            self.add_error("enforcement", words)


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
                    "email_codes",
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
        (_("Sessions"), {"fields": ("session_hours", "session_idle_minutes")}),
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
            context |= {
                "mark": form.mark,
                "after": sentence_of(rules.policy_with(organization, level)),
                "impact": impact_sentences(rules.impact_of(organization, level, timezone.now())),
                "again": level.enroll_again_from != stored.enroll_again_from,
            }
        return super().render_change_form(request, context, *args, **kwargs)

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


def organization_of(level: OrganizationPolicy) -> Organization:
    """Return the organization of a policy, with its levels."""
    rows = Organization.objects.select_related("own", "for_clients", "parent__for_clients", "site")
    return rows.filter(own=level.pk).first() or rows.get(for_clients=level.pk)
