"""The forms for an account's email address and for a new one."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.emails import EmailFormField

# RFC 5321, 4.5.3.1, and the column's length
LONGEST_EMAIL = 254


class ForgotForm(forms.Form):
    """The email of an account."""

    email = EmailFormField(
        label=_("Email"),
        widget=forms.EmailInput(
            attrs={"autocomplete": "username", "spellcheck": "false", "autofocus": True}
        ),
        error_messages={"required": _("Enter your email.")},
    )


class EmailForm(ForgotForm):
    """The new email address for the account."""

    def __init__(self, user: User, data: Mapping[str, str] | None) -> None:
        """Store the user, and adapt the field."""
        super().__init__(data)
        self.user = user
        self.fields["email"].label = _("New email")
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def clean_email(self) -> str:
        """Refuse the current address, and one that is too long for the column."""
        email = str(self.cleaned_data["email"])
        if email == self.user.email:
            raise forms.ValidationError(_("This is already your email."))
        if len(email) > LONGEST_EMAIL:
            raise forms.ValidationError(_("That email is too long."))
        return email
