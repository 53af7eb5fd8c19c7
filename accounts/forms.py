"""Forms of a person's own pages."""

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.passwords import LONGEST, MaximumLengthValidator


class LoginForm(forms.Form):
    """Email and password; both are proven or neither (M01)."""

    email = forms.EmailField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
        error_messages={"required": _("Enter your email.")},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )
    wrong = _("That email and password do not match. Check both and try again.")

    def clean_email(self) -> str:
        """Return the email as it is stored."""
        return str(self.cleaned_data["email"]).lower()

    def say_wrong(self) -> None:
        """Say that the pair does not match, without telling which half (M01)."""
        self.add_error(None, self.wrong)


class DetailsForm(forms.ModelForm[User]):
    """What a person may say of themselves."""

    class Meta:
        """The fields, in the page's order."""

        model = User
        fields = ("full_name", "username", "language")
        widgets = {
            "full_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "username": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        }


class PasswordForm(PasswordChangeForm):
    """The old password and the new one, twice."""

    def clean_old_password(self) -> str:
        """Refuse an absurd length before it is hashed (PW-03), then compare."""
        if len(self.cleaned_data["old_password"]) > LONGEST:
            raise forms.ValidationError(MaximumLengthValidator().get_help_text())
        return super().clean_old_password()
