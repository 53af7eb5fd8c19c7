"""The forms for new passwords."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mfa.forms.codes import lockout_words


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A new password, twice. It must differ from the current one."""

    new_password1, new_password2 = SetPasswordForm.create_password_fields(
        label1=_("New password"), label2=_("New password again")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Remove the second help text, and set the messages for missing values."""
        super().__init__(*args, **kwargs)
        self.fields["new_password2"].help_text = ""
        self.fields["new_password1"].error_messages["required"] = _("Enter a new password.")
        self.fields["new_password2"].error_messages["required"] = _("Enter the new password again.")

    @property
    def new(self) -> str:
        """The new password, or "" if it was not entered or is invalid."""
        return str(self.cleaned_data.get("new_password1", "")) if self._was_read else ""

    def say_present(self) -> None:
        """Show that it is the current password, which someone else may know (PW-06)."""
        self.add_error("new_password1", _("That is your current password. Choose a different one."))

    def lock(self, until: datetime) -> None:
        """Show that no more passwords are checked until then (M09)."""
        self.add_error("new_password1", lockout_words(until))

    @property
    def _was_read(self) -> bool:
        """Whether data was posted. Reading the errors validates it."""
        return self.is_bound and self.errors is not None

    def validate_password_for_user(self, user: User, password_field_name: str = "") -> None:
        """Show errors of the password at the first field, not the second."""
        super().validate_password_for_user(user, "new_password1")


class PasswordForm(NewPasswordForm):
    """The current password, and the new one twice."""

    old_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": _("Enter your current password.")},
    )
    field_order = ("old_password", "new_password1", "new_password2")

    @property
    def old(self) -> str:
        """The text entered as the current password."""
        return str(self.cleaned_data.get("old_password", "")) if self._was_read else ""

    def lock(self, until: datetime) -> None:
        """Show a lockout after wrong current passwords."""
        self.add_error("old_password", lockout_words(until))

    def say_wrong(self) -> None:
        """Show that the current password is wrong (PW-07)."""
        self.add_error("old_password", _("That is not your current password."))
