"""The form to register."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms.mailboxes import short_enough
from accounts.models import Registration, User, usernames
from accounts.models.usernames import UsernameFormField
from mfa.forms.emails import EmailFormField
from mfa.forms.phones import PhoneForm
from mfa.models import plain_text
from mfa.rules.login_names import LoginWith
from mfa.rules.methods import Method
from mfa.rules.policy import Policy


class RegistrationForm(PhoneForm):
    """Who someone is, a password, and a mobile number if the policy allows phones.

    It reads nothing else, so no request sets an organization, a role or a policy (RG-03). `FIELDS`
    are the columns that it fills, in the order of the page.
    """

    FIELDS = ("full_name", "email", "username", "phone")

    full_name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        validators=[plain_text.check],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )
    email = EmailFormField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
        error_messages={"required": _("Enter your email.")},
        help_text=_("We email you a code. You log in with this address later."),
    )
    username = UsernameFormField(
        label=_("Username"),
        max_length=usernames.LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Enter a username.")},
        help_text=_("You log in with it. Letters, digits and . + - _ only."),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Enter a password.")},
        help_text=password_validators_help_text_html(),
    )
    field_order = ("full_name", "email", "username", "password", "phone")

    def __init__(self, *args: Any, policy: Policy, names: LoginWith, **kwargs: Any) -> None:
        """Ask for a mobile number only if people can set up a phone, and for a username if needed.

        `names` is what people log in with.
        """
        super().__init__(*args, policy=policy, **kwargs)
        if names is LoginWith.EMAIL:
            del self.fields["username"]
        else:
            if names is LoginWith.EITHER:
                self.fields["username"].required = False
                self.fields["username"].label = _("Username (optional)")
            self.fields["email"].help_text = _("We email you a code.")
        del self.fields["phone"].widget.attrs["autofocus"]
        if Method.PHONE not in policy.offered:
            del self.fields["phone"]

    def clean_email(self) -> str:
        """Refuse an address that is too long for the column."""
        return short_enough(self.cleaned_data["email"])

    def clean(self) -> None:
        """Judge the password, with the name and the email that it must not repeat (PW-05)."""
        super().clean()
        typed = self.cleaned_data
        known = {name: typed.get(name, "") for name in ("email", "full_name", "username")}
        if "password" not in typed:
            return
        try:
            validate_password(typed["password"], User(**known))
        except ValidationError as error:
            self.add_error("password", error)

    def as_row(self) -> Registration:
        """Return the row, not saved, without the password."""
        return Registration(
            **{name: self.cleaned_data[name] for name in self.FIELDS if name in self.cleaned_data}
        )
