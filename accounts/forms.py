"""Forms of a person's own pages."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import passwords
from accounts.emails import EmailFormField
from accounts.models import User
from accounts.validators import LONGEST

# RFC 5321, 4.5.3.1, and the column
LONGEST_EMAIL = 254


class LoginForm(forms.Form):
    """Email and password; both are proven or neither (M01)."""

    email = EmailFormField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
        error_messages={"required": _("Enter your email.")},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        # Not max_length: its attribute makes browsers cut what is pasted (PW-02, PW-09).
        validators=[MaxLengthValidator(LONGEST)],
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )
    wrong = _("That email and password do not match. Check both and try again.")

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

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 Django's signature
        """Write these columns alone: another request may have raised a counter since."""
        person = super().save(commit=False)
        if commit:
            person.save(update_fields=self.Meta.fields)
        return person


class ConfirmForm(forms.Form):
    """The password once more, where it is wanted, to confirm who is logged in."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": _("Enter your password.")},
    )

    def __init__(self, request: HttpRequest, user: User, *, wants_password: bool) -> None:
        """Take what the person posted."""
        super().__init__(request.POST if request.method == "POST" else None)
        self.request, self.user = request, user
        if not wants_password:
            del self.fields["password"]

    def clean_password(self) -> None:
        """Refuse a wrong one. Raises TooMany after several."""
        if not passwords.confirm(self.request, self.user, self.cleaned_data["password"]):
            raise forms.ValidationError(_("That is not your password."))


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
    """The email that a person wants to move the account to."""

    def __init__(self, user: User, data: Mapping[str, str] | None) -> None:
        """Know whose it is."""
        super().__init__(data)
        self.user = user
        self.fields["email"].label = _("New email")
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def clean_email(self) -> str:
        """Refuse what the account has already, and what the column does not hold."""
        email = str(self.cleaned_data["email"])
        if email == self.user.email:
            raise forms.ValidationError(_("This is your email already."))
        if len(email) > LONGEST_EMAIL:
            raise forms.ValidationError(_("That email is too long."))
        return email


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A new password, twice; not the present one again."""

    new_password1, new_password2 = SetPasswordForm.create_password_fields(
        label1=_("New password"), label2=_("New password again")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Leave the second field to its label, and say of each what is missing."""
        super().__init__(*args, **kwargs)
        self.fields["new_password2"].help_text = ""
        self.fields["new_password1"].error_messages["required"] = _("Enter a new password.")
        self.fields["new_password2"].error_messages["required"] = _("Enter the new password again.")

    def clean_new_password1(self) -> str:
        """Refuse the present password: it may be what somebody else knows (PW-06)."""
        password = str(self.cleaned_data["new_password1"])
        if self.is_present(password):
            raise forms.ValidationError(_("That is your present password. Choose another one."))
        return password

    def is_present(self, password: str) -> bool:
        """Say whether it is the present one. Raises TooMany after many tries."""
        return passwords.is_present(self.user, password)

    def validate_password_for_user(self, user: User, password_field_name: str = "") -> None:
        """Say what is wrong with a password beside its first field, not beside its repetition."""
        super().validate_password_for_user(user, "new_password1")


class PasswordForm(NewPasswordForm):
    """The present password and the new one, twice."""

    old_password = forms.CharField(
        label=_("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": _("Enter your present password.")},
    )
    field_order = ("old_password", "new_password1", "new_password2")

    def __init__(self, request: HttpRequest, user: User) -> None:
        """Take what the person posted."""
        super().__init__(user, request.POST or None)
        self.request = request

    def clean_old_password(self) -> str:
        """Refuse a wrong one (PW-07). Raises TooMany after several."""
        password = str(self.cleaned_data["old_password"])
        if not passwords.confirm(self.request, self.user, password):
            raise forms.ValidationError(_("That is not your present password."))
        return password

    def is_present(self, password: str) -> bool:
        """Compare with what was proven: else this field would tell what the other one slows."""
        return password == self.cleaned_data.get("old_password")
