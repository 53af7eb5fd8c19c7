"""Security > Account Policy: the site's policy and its SMS account."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm, BoundField, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import lazy
from django.utils.translation import gettext, gettext_lazy as _

from mfa import channels, countries
from mfa.admin import look, presets, saving, status
from mfa.admin.base.page import PortalAdmin
from mfa.admin.base.words import audit_of_event
from mfa.admin.confirming import confirm_account, discard_account
from mfa.admin.enabling import enable, open_checks, switch_again
from mfa.admin.forms import AccountPolicyForm
from mfa.admin.look import accent_svg, show_accent
from mfa.admin.previewing import affected, show_impact
from mfa.admin.switching import switch_off
from mfa.admin.test_line import status_of
from mfa.admin.testing import setup_steps, test_connection, test_mail, test_message, try_texts
from mfa.client import client_of
from mfa.login import typed
from mfa.login.guards import fresh, person
from mfa.login.policy_words import sentence_of_site
from mfa.models import AccountPolicy, Event
from mfa.rules.looks import FIRST_NAME
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose


def _about_the_account() -> str:
    return str(channels.get(ChannelName.SMS).account_words.about)


# The tests that are shown below the fields they test
TESTS = {"accent": "accent", "email_codes": "mail", "sms_account_id": "texts"}
# The pages behind its buttons, by the ends of their URL names
PAGES: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
    "test_connection": ("test-connection/", test_connection),
    "test_message": ("test-message/", test_message),
    "test_status": ("test-message/status/", status_of(Purpose.TEST)),
    "test_mail": ("test-mail/", test_mail),
    "show_accent": ("show-accent/", show_accent),
    "accent": ("accent.svg", accent_svg),
    "show_impact": ("show-impact/", show_impact),
    "affected": ("affected/", affected),
    "enable": ("enable/", enable),
    "switch_on": ("switch-on/", switch_again),
    "switch_off": ("switch-off/", switch_off),
    "confirm_account": ("sms-account/", confirm_account),
    "account_status": ("sms-account/status/", status_of(Purpose.ACCOUNT)),
    "discard_account": ("sms-account/discard/", discard_account),
    "setup_steps": ("setup-steps/", setup_steps),
    "try_texts": ("try-texts/", try_texts),
}


@dataclass(slots=True)
class Section:
    """Fields under one heading, folded if nothing is left to do."""

    name: str
    description: str
    fields: list[BoundField]
    tests: str
    open: bool
    last: bool = False

    @classmethod
    def of(
        cls, form: BaseForm, name: str, options: Mapping[str, Any], typed: Collection[str]
    ) -> "Section":
        """Take the fields of a form that a fieldset names. `typed`: what is not saved yet."""
        names = options["fields"]
        refused = any(form.errors.get(field) or field in typed for field in names)
        homeless = "home_region" in names and not form["home_region"].value()
        nameless = "portal_name" in names and form["portal_name"].value() == FIRST_NAME
        return cls(
            name=name,
            description=str(options.get("description", "")),
            fields=[form[field] for field in names],
            tests=next((TESTS[field] for field in names if field in TESTS), ""),
            open=refused or homeless or nameless,
        )


@admin.register(AccountPolicy)
class AccountPolicyAdmin(PortalAdmin[AccountPolicy]):
    """The policy has one row, so the list redirects to the form."""

    form = AccountPolicyForm
    change_form_template = "admin/mfa/accountpolicy/change_form.html"
    fieldsets = (
        (
            _("Portal"),
            {"fields": ("portal_name", "invitation", "accent", "login_with", "says_otp")},
        ),
        (
            _("Who MFA applies to"),
            {
                "fields": (
                    "enforcement",
                    "deadline",
                    "most_skips",
                    "skips_until",
                    "may_relax_to",
                    "on_reenable",
                    "may_close",
                    "registration",
                    "pilot_group",
                    "contact",
                )
            },
        ),
        (
            _("Phone numbers"),
            {
                "fields": (
                    "home_region",
                    "allow_voip",
                    "enroll_countries",
                    "text_countries",
                    "texts_a_day",
                )
            },
        ),
        (
            _("Methods and codes"),
            {
                "fields": (
                    "methods",
                    "backup",
                    "weaker_ways",
                    "passkeys_from",
                    "staff_passkeys_from",
                    "code_life_minutes",
                    "after_enrollment",
                    "number_change",
                    "new_device_email",
                    "email_codes",
                    "recovery_hours",
                )
            },
        ),
        (
            _("Sessions"),
            {"fields": ("session_hours", "session_idle_minutes", "trust_browser_days")},
        ),
        # A09: the MFA fields come last, and are exactly these four (A11-A14).
        (
            _("Multi-factor Authentication (MFA)"),
            {
                "fields": ("enabled", "sms_account_id", "sms_auth_token", "sms_phone_number"),
                "description": lazy(_about_the_account, str)(),
            },
        ),
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the menu entry only to people who can change the policy (A08)."""
        return self.has_change_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: AccountPolicy | None = None) -> bool:
        """Viewing requires the permission to change (A08)."""
        return self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The only row exists."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AccountPolicy | None = None) -> bool:
        """The only row stays."""
        return False

    def get_form(
        self,
        request: HttpRequest,
        obj: AccountPolicy | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 Django's signature
        **kwargs: Any,
    ) -> type[ModelForm[AccountPolicy]]:
        """Tell the form who saves it. Django makes a new class for each request."""
        form = super().get_form(request, obj, change, **kwargs)
        if issubclass(form, AccountPolicyForm):
            form.actor = person(request)
        return form

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Redirect to the form of the only row."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        return redirect("admin:mfa_accountpolicy_change", AccountPolicy.load().pk)

    # The stubs know only HttpResponseBase.
    @method_decorator(fresh())  # type: ignore[arg-type]
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show the status, and what is still to do before MFA can be enabled."""
        policy = AccountPolicy.load()
        superuser = person(request).is_superuser
        context = {
            **(extra_context or {}),
            "title": _("Account Policy"),
            "subtitle": None,
            "policy": policy,
            "words": channels.get(ChannelName.SMS).account_words,
            "account": policy.sms,
            "health": policy.health,
            "open_checks": [] if policy.enabled else open_checks(policy, person(request)),
            "people": status.people_words(policy),
            "sentence": sentence_of_site(policy),
            "last_text": status.last_text(),
            "faults": status.faults(policy),
            "superuser": superuser,
            "proxy": urlsplit(settings.SMS_PROXY_URL).netloc.rpartition("@")[2],
            "mail": channels.available(ChannelName.EMAIL),
            "mail_fault": policy.health.mail_failed,
            "countries": countries.all_names(),
        }
        address = form_url or reverse("admin:mfa_accountpolicy_change", args=[policy.pk])
        return super().changeform_view(request, object_id, address, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Fold the sections with nothing left to do."""
        form = context["adminform"].form
        context |= presets.fill(request, form)
        returned = typed.fill(request, form, address=self.form_address(request))
        unsaved = form.changed_data if form.is_bound else returned
        context["sections"] = [
            Section.of(form, str(name), options, unsaved)
            for name, options in self.get_fieldsets(request)
        ]
        context["sections"][-1].last = True
        context["accent"] = look.drawn(form["accent"])
        return super().render_change_form(request, context, *args, **kwargs)

    def form_address(self, request: HttpRequest) -> str:
        """Return the page's own URL. Its buttons lead back to it too."""
        return reverse("admin:mfa_accountpolicy_changelist")

    def save_model(
        self,
        request: HttpRequest,
        obj: AccountPolicy,
        form: AccountPolicyForm,
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save the values. Enable MFA only if nothing is left to do (A16)."""
        checks = saving.save(
            obj,
            form.sms_values,
            set(form.changed_data),
            by=person(request),
            client=client_of(request),
        )
        if checks:
            words = gettext("Your settings are saved, but MFA is not on yet: %s.")
            left = "; ".join(str(check.words) for check in checks)
            messages.warning(request, words % left)
        elif form.initial["enabled"] or not obj.enabled:
            messages.success(request, gettext("Your settings are saved."))
        else:
            messages.success(request, status.next_words(obj, person(request)))

    def response_change(self, request: HttpRequest, obj: AccountPolicy) -> HttpResponse:
        """Ask before turning MFA off, or on for all to set up again. The rest is saved (A30)."""
        if obj.enabled and not request.POST.get("enabled"):
            return redirect("admin:mfa_accountpolicy_switch_off")
        if request.POST.get("enabled") and obj.enrolls_again_now:
            return redirect("admin:mfa_accountpolicy_switch_on")
        if "_send_test" in request.POST:
            return redirect("admin:mfa_accountpolicy_test_message")
        return redirect("admin:mfa_accountpolicy_change", obj.pk)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the audit of changes, with who made them and which fields."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if not request.user.has_perm("mfa.view_auditevent"):
            return super().history_view(request, object_id, extra_context)
        return redirect(audit_of_event(Event.POLICY_CHANGED))

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of its buttons."""
        pages = [
            path(address, self.admin_site.admin_view(view), name=f"mfa_accountpolicy_{name}")
            for name, (address, view) in PAGES.items()
        ]
        return [*pages, *super().get_urls()]
