"""The field for a login name: an email, a username, or either (K3)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models.usernames import LoginNameField
from mfa.forms.emails import EmailFormField
from mfa.rules.login_names import LoginWith

LABELS = {
    LoginWith.EMAIL: (_("Email"), _("Enter your email.")),
    LoginWith.USERNAME: (_("Username"), _("Enter your username.")),
    LoginWith.EITHER: (_("Email or username"), _("Enter your email or username.")),
}
ATTRIBUTES = {"autocomplete": "username", "spellcheck": "false"}


def login_name_field(
    names: LoginWith, *, focused: bool = False, passkeys: bool = False
) -> forms.CharField:
    """Return the field by the name `email`, which other programs use, whatever people type.

    `passkeys`: the browser offers them beside saved names.
    """
    label, missing = LABELS[names]
    attributes = {**ATTRIBUTES, **({"autofocus": True} if focused else {})}
    if passkeys:
        attributes["autocomplete"] = "username webauthn"
    if names is LoginWith.EMAIL:
        return EmailFormField(
            label=label,
            widget=forms.EmailInput(attrs=attributes),
            error_messages={"required": missing},
        )
    only = names is LoginWith.USERNAME
    return LoginNameField(
        label=label,
        help_text=_("If you have no username, enter your email.") if only else "",
        # Phones do not capitalize what is typed.
        widget=forms.TextInput(attrs={**attributes, "autocapitalize": "none"}),
        error_messages={"required": missing},
    )
