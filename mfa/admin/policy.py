"""Security > Account Policy: the site's policy and its SMS account."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, gettext_lazy as _

from mfa import channels, origin as origins
from mfa.admin import mail_test, saving
from mfa.admin.confirming import confirm_account, discard_account
from mfa.admin.enabling import open_checks
from mfa.admin.forms import AccountPolicyForm
from mfa.admin.switching import switch_off
from mfa.admin.testing import setup_steps, test_connection, test_mail, test_message, try_texts
from mfa.admin_base.page import PortalAdmin
from mfa.guards import fresh, person
from mfa.models import AccountPolicy, Reason
from mfa.rules.routes import ChannelName


@admin.register(AccountPolicy)
class AccountPolicyAdmin(PortalAdmin[AccountPolicy]):
    """One row, so the list leads straight to the form."""

    form = AccountPolicyForm
    change_form_template = "admin/mfa/accountpolicy/change_form.html"
    fieldsets = (
        (_("Whom it binds"), {"fields": ("pilot_group", "enforcement", "contact")}),
        (
            _("Codes and numbers"),
            {
                "fields": (
                    "code_life_minutes",
                    "email_codes",
                    "after_enrollment",
                    "home_region",
                    "allow_voip",
                    "enroll_countries",
                    "text_countries",
                    "texts_a_day",
                )
            },
        ),
        (_("Sessions"), {"fields": ("session_hours", "session_idle_minutes")}),
        # A09: the MFA fields come last, and are just these four (A11-A14).
        (
            _("Multi-factor Authentication (MFA)"),
            {
                "fields": ("enabled", "sms_account_id", "sms_auth_token", "sms_phone_number"),
                "description": _(
                    "Texts go through your own Twilio account, which pays for each of them. Enter "
                    "its three values, save, send a test message, then enable."
                ),
            },
        ),
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the menu entry only to those who may change the policy (A08)."""
        return self.has_change_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: AccountPolicy | None = None) -> bool:
        """Looking needs the permission to change (A08)."""
        return self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The one row is there."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AccountPolicy | None = None) -> bool:
        """The one row stays."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Lead to the one row's form."""
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
        """Show what is still to do before MFA can be enabled."""
        policy = AccountPolicy.load()
        checks = [] if policy.enabled else open_checks(policy, person(request))
        context = {
            **(extra_context or {}),
            "title": _("Account Policy"),
            "subtitle": None,
            "policy": policy,
            "open_checks": checks,
            "keys_lost": policy.token_lost,
            "superuser": person(request).is_superuser,
            "unredacted": settings.SMS_REDACT and policy.unredacted,
            "proxy": urlsplit(settings.SMS_PROXY_URL).netloc.rpartition("@")[2],
            "fault": _fault_of(policy),
            "mail": channels.available(ChannelName.EMAIL),
            "mail_fault": _mail_fault_of(policy),
        }
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(
        self,
        request: HttpRequest,
        obj: AccountPolicy,
        form: AccountPolicyForm,
        change: bool,  # noqa: FBT001 Django's signature
    ) -> None:
        """Save the values, and the tick only if nothing is left to do (A16)."""
        checks = saving.save(
            obj, set(form.changed_data), by=person(request), origin=origins.of(request)
        )
        if checks:
            words = gettext("Your settings are saved, but MFA is not on yet: %s.")
            left = "; ".join(str(check.words) for check in checks)
            messages.warning(request, words % left)

    def response_change(self, request: HttpRequest, obj: AccountPolicy) -> HttpResponse:
        """Ask before MFA is switched off; everything else is saved by now (A30)."""
        if obj.enabled and not request.POST.get("enabled"):
            return redirect("admin:mfa_accountpolicy_switch_off")
        return super().response_change(request, obj)

    def get_urls(self) -> list[URLPattern]:
        """Add the two tests."""
        return [
            path(
                "test-connection/",
                self.admin_site.admin_view(test_connection),
                name="mfa_accountpolicy_test_connection",
            ),
            path(
                "test-message/",
                self.admin_site.admin_view(test_message),
                name="mfa_accountpolicy_test_message",
            ),
            path(
                "test-mail/",
                self.admin_site.admin_view(test_mail),
                name="mfa_accountpolicy_test_mail",
            ),
            path(
                "switch-off/",
                self.admin_site.admin_view(switch_off),
                name="mfa_accountpolicy_switch_off",
            ),
            path(
                "sms-account/",
                self.admin_site.admin_view(confirm_account),
                name="mfa_accountpolicy_confirm_account",
            ),
            path(
                "sms-account/discard/",
                self.admin_site.admin_view(discard_account),
                name="mfa_accountpolicy_discard_account",
            ),
            path(
                "setup-steps/",
                self.admin_site.admin_view(setup_steps),
                name="mfa_accountpolicy_setup_steps",
            ),
            path(
                "try-texts/",
                self.admin_site.admin_view(try_texts),
                name="mfa_accountpolicy_try_texts",
            ),
            *super().get_urls(),
        ]


def _fault_of(policy: AccountPolicy) -> str:
    """Say why texts rest, or "" while they do not."""
    if policy.texts_rest_since is None:
        return ""
    channel = channels.get(ChannelName.SMS)
    return channel.explain(Reason(policy.texts_fault_reason), policy.texts_fault_code)


def _mail_fault_of(policy: AccountPolicy) -> str:
    """Say why codes by email are not offered, or "" while they are (A26)."""
    if not policy.mail_failed:
        return ""
    return mail_test.explain(Reason(policy.mail_test_reason), policy.mail_test_code)
