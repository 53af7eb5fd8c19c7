"""The form for a new authenticator app."""

from typing import assert_never

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from mfa.challenges import Outcome, Result
from mfa.forms.codes import CodeForm, clock_words
from mfa.models import plain_text
from mfa.models.factors import NAME_LENGTH


class NewAppForm(CodeForm):
    """The first code of a new app, and its name."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("Helps you tell several apps apart, for example “Work phone”."),
        required=False,
        max_length=NAME_LENGTH,
        validators=[plain_text.check],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_name(self) -> str:
        """Return the person's name for the app, or none for our default, which is translated."""
        name = str(self.cleaned_data["name"])
        return "" if name == gettext("Authenticator app") else name

    def refuse_new(self, result: Result) -> None:
        """Show why the app was not added."""
        self.add_error("code", _new_app_words(result))


def _new_app_words(result: Result) -> str:
    match result.outcome:
        case Outcome.EXPIRED:
            return gettext("Your account was changed in another window. Log in again.")
        case Outcome.WRONG | Outcome.LOCKED | Outcome.REPLACED | Outcome.SPENT | Outcome.RIGHT:
            if result.drift:
                return clock_words(result.drift)
            return gettext("That is not the code this app shows. Enter the code it shows now.")
        case _:
            assert_never(result.outcome)
