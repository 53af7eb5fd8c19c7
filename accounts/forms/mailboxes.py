"""The forms for an account's email address and for a new one."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.login_names import login_name_field
from accounts.models import User
from mfa.forms.emails import EmailFormField
from mfa.rules.login_names import LoginWith

# RFC 5321, 4.5.3.1, and the column's length
LONGEST_EMAIL = 254


def short_enough(email: str) -> str:
    """Return an address that fits into the column. Raises ValidationError."""
    if len(email) > LONGEST_EMAIL:
        raise forms.ValidationError(_("That email is too long."))
    return email


class ForgotForm(forms.Form):
    """The login name of an account. Where people have usernames, it takes the email too."""

    def __init__(self, data: Mapping[str, str] | None, names: LoginWith) -> None:
        """Take what people log in with."""
        super().__init__(data)
        self.takes_usernames = names is not LoginWith.EMAIL
        taken = LoginWith.EITHER if self.takes_usernames else LoginWith.EMAIL
        self.fields["email"] = login_name_field(taken, focused=True)


class EmailForm(forms.Form):
    """The new email address for the account."""

    email = EmailFormField(
        label=_("New email"),
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "spellcheck": "false", "autofocus": True}
        ),
        error_messages={"required": _("Enter your email.")},
    )

    def __init__(self, user: User, data: Mapping[str, str] | None) -> None:
        """Store the user."""
        super().__init__(data)
        self.user = user

    def clean_email(self) -> str:
        """Refuse the current address, and one that is too long for the column."""
        email = str(self.cleaned_data["email"])
        if email == self.user.email:
            raise forms.ValidationError(_("This is already your email."))
        return short_enough(email)


class RecoveryEmailForm(EmailForm):
    """A second address, for notices and recovery."""

    def __init__(self, user: User, data: Mapping[str, str] | None) -> None:
        """Name the field."""
        super().__init__(user, data)
        self.fields["email"].label = _("Recovery email")
