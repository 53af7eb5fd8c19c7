"""The search form of the support pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mfa.models import plain_text
from mfa.search.people import SHORTEST

LONGEST = 254


class SearchForm(forms.Form):
    """The one search box."""

    q = forms.CharField(
        label=_("Find a person"),
        min_length=SHORTEST,
        max_length=LONGEST,
        help_text=_(
            "Part of an email or name, a phone number (whole or its last four digits), or a "
            "reference code. At least three characters."
        ),
        error_messages={
            "required": _("Type at least three characters."),
            "min_length": _("Type at least three characters."),
            "max_length": _("Type at most 254 characters."),
        },
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "autofocus": True}),
    )

    def clean_q(self) -> str:
        """Refuse characters that no column can hold."""
        term: str = self.cleaned_data["q"]
        plain_text.check(term)
        return term
