"""The password forms of the login and the step-up."""

from collections.abc import Mapping
from datetime import datetime

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts.forms.login_names import login_name_field
from accounts.people.validators import LONGEST
from mfa.forms.codes import lockout_words
from mfa.rules.login_names import LoginWith


class LoginForm(forms.Form):
    """Email and password. An error never tells which one is wrong (M01)."""

    names = LoginWith.EMAIL
    wrong = _("That email and password do not match. Check both and try again.")

    email = login_name_field(LoginWith.EMAIL, passkeys=True)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        # Not max_length: its attribute makes browsers cut pasted text (PW-02, PW-09).
        validators=[MaxLengthValidator(LONGEST)],
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )

    def __init__(self, data: Mapping[str, str] | None, prefill: str) -> None:
        """Take the name that is shown first."""
        super().__init__(data, initial={"email": prefill})

    @property
    def typed(self) -> tuple[str, str]:
        """The login name and the password."""
        return self.cleaned_data["email"], self.cleaned_data["password"]

    def say_wrong(self) -> None:
        """Show that name and password do not match, without telling which is wrong (M01)."""
        self.add_error(None, self.wrong)


class UsernameLoginForm(LoginForm):
    """Username and password (K3)."""

    names = LoginWith.USERNAME
    wrong = _("That username and password do not match. Check both and try again.")

    email = login_name_field(LoginWith.USERNAME, passkeys=True)


class EitherLoginForm(LoginForm):
    """Email or username, and password (K3)."""

    names = LoginWith.EITHER
    wrong = _("That email or username and the password do not match. Check both and try again.")

    email = login_name_field(LoginWith.EITHER, passkeys=True)


LOGIN_FORMS = {form.names: form for form in (LoginForm, UsernameLoginForm, EitherLoginForm)}


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
