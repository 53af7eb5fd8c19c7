"""The form for the name of a factor."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mfa.models import plain_text
from mfa.models.factors import NAME_LENGTH


class FactorNameForm(forms.Form):
    """A short name. Empty goes back to our own words."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("Only you see it. Example: “Work phone”."),
        required=False,
        max_length=NAME_LENGTH,
        validators=[plain_text.check],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
