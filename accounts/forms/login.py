"""The password forms of the login and the step-up."""

from collections.abc import Mapping
from datetime import datetime

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts.models.emails import EmailFormField
from accounts.people.validators import LONGEST
from mfa.forms.codes import lockout_words


class LoginForm(forms.Form):
    """Email and password. An error never tells which one is wrong (M01)."""

    email = EmailFormField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
        error_messages={"required": _("Enter your email.")},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        # Not max_length: its attribute makes browsers cut pasted text (PW-02, PW-09).
        validators=[MaxLengthValidator(LONGEST)],
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )
    wrong = _("That email and password do not match. Check both and try again.")

    def say_wrong(self) -> None:
        """Show that email and password do not match, without telling which is wrong (M01)."""
        self.add_error(None, self.wrong)


class ConfirmForm(forms.Form):
    """The password again, if required, to confirm a logged-in person."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": _("Enter your password.")},
    )

    def __init__(self, data: Mapping[str, str] | None, *, wants_password: bool) -> None:
        """Drop the field unless the password is required."""
        super().__init__(data)
        if not wants_password:
            del self.fields["password"]

    def lock(self, until: datetime) -> None:
        """Show a lockout after wrong passwords (M09)."""
        self.add_error("password", lockout_words(until))

    def say_wrong(self) -> None:
        """Show that the password is wrong."""
        self.add_error("password", _("That is not your password."))
