"""The form of My Details."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import User
from accounts.people import zones


class DetailsForm(forms.ModelForm[User]):
    """The details that people can change."""

    class Meta:
        """The fields, in the page's order."""

        model = User
        fields = ("full_name", "language", "time_zone")
        widgets = {"full_name": forms.TextInput(attrs={"autocomplete": "name"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show no choice that has only one option."""
        super().__init__(*args, **kwargs)
        own = gettext("Portal default (%s)") % settings.TIME_ZONE
        choices = [("", own), *((name, name) for name in zones.names())]
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"),
            required=False,
            choices=choices,
            widget=forms.Select(attrs={"data-zone": ""}),
        )
        if len(settings.LANGUAGES) == 1:
            del self.fields["language"]

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 Django's signature
        """Save only these columns, because another request may have changed others."""
        person = super().save(commit=False)
        if commit:
            person.save(update_fields=list(self.fields))
        return person
