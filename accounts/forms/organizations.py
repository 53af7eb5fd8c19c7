"""The forms of managers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.support import SearchForm
from accounts.models import User


class MemberSearchForm(SearchForm):
    """Search the people of one organization."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Leave out what managers cannot search by."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["q"].help_text = _(
            "Part of an email or name, or the last four digits of a phone number."
        )
        self.fields["q"].widget.attrs.pop("autofocus")


class NameForm(forms.ModelForm[User]):
    """The name of a member."""

    class Meta:
        """Never the email (org8)."""

        model = User
        fields = ("full_name",)
        widgets = {"full_name": forms.TextInput(attrs={"autocomplete": "off"})}
