"""The names of messages and channels, as staff read them."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from mfa.models.audit import BINDING, SUSPECT, Event
from mfa.rules.methods import ChannelName

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

CHANNELS: "dict[str, StrOrPromise]" = {ChannelName.SMS: _("Text"), ChannelName.EMAIL: _("Email")}
# By the name of the template
MESSAGES: "dict[str, StrOrPromise]" = {
    **{str(event): event.label for event in (BINDING | SUSPECT) - {Event.FACTOR_CHANGED}},
    "code": _("Login code"),
    "account_closed": _("Account closed"),
    "account_kept": _("Account kept after a login"),
    "admin_change": _("Change by an administrator"),
    "app_added": _("Authenticator app added"),
    "braked": _("Alert: texts blocked"),
    "browser_trusted": _("Browser trusted"),
    "budget": _("Alert: daily text limit reached"),
    "codes_guessed": _("Wrong codes alert"),
    "data_downloaded": _("Data downloaded"),
    "disowned": _("Activity reported"),
    "email_added": _("Email for login codes added"),
    "email_changed": _("Email address changed"),
    "email_link": _("Link to verify an email address"),
    "email_taken": _("Email address already in use"),
    "factor_added": _("Phone added"),
    "factor_disabled": _("Verification method turned off"),
    "factor_removed": _("Verification method removed"),
    "factor_suspended": _("Verification method reported lost"),
    "factors_reset": _("Two-step verification reset"),
    "guessing": _("Alert: passwords are being guessed"),
    "invitation": _("Invitation"),
    "mail_test": _("Test email"),
    "many_invitations": _("Alert: many invitations"),
    "request_denied": _("Alert: login refused on a phone"),
    "many_opened": _("Alert: many support pages opened"),
    "many_registrations": _("Alert: many registrations"),
    "records_exported": _("Alert: people or records downloaded"),
    "many_rescues": _("Alert: many pauses or number changes"),
    "member_joined": _("New membership"),
    "member_left": _("Membership ended"),
    "number_assigned": _("Phone number changed by an administrator"),
    "number_changed": _("Phone number changed"),
    "number_shared": _("Alert: one number, many people"),
    "one_address": _("Alert: many logins from one address"),
    "password_changed": _("Password changed"),
    "password_expired": _("New password required"),
    "password_link": _("Link to set a password"),
    "pass_alone": _("Alert: one-time pass without confirmation"),
    "pass_asked": _("Question: are you talking to support?"),
    "pass_made": _("One-time pass made"),
    "pass_used": _("One-time pass used"),
    "pause_started": _("Verification paused"),
    "recovery_begun": _("New set-up by email started"),
    "recovery_code_used": _("Recovery code used"),
    "recovery_codes_made": _("New recovery codes"),
    "recovery_email_changed": _("Recovery email changed"),
    "recovery_email_link": _("Link to verify a recovery email"),
    "recovery_ended": _("Request after a lost phone ended"),
    "recovery_ready": _("Wait after a lost phone ended"),
    "recovery_shortened": _("Wait after a lost phone shortened"),
    "recovery_started": _("Lost phone reported"),
    "recovery_waiting": _("Reminder of a lost phone"),
    "registration": _("Registration"),
    "reminder": _("Reminder"),
    "role_changed": _("Role in an organization changed"),
    "skipped": _("Two-step verification skipped"),
    "texts_down": _("Alert: texts are not being sent"),
    "texts_failing": _("Alert: many texts fail"),
    "texts_held": _("Alert: texts to a number range blocked"),
    "unusual_login": _("New login"),
}
