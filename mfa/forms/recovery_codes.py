"""The form for recovery codes."""

from typing import Any, assert_never

from django import forms
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa.challenges import Outcome, Result
from mfa.forms.codes import CodeInput
from mfa.rules import recovery
from mfa.rules.recovery import Misspelled

SPELLINGS = {
    Misspelled.EMPTY: _("Enter one of your recovery codes."),
    Misspelled.STRANGE: _(
        "A recovery code contains only letters and digits. Check what you typed."
    ),
    Misspelled.TOO_SHORT: _("That code is too short. A recovery code has 13 letters and digits."),
    Misspelled.TOO_LONG: _("That code is too long. A recovery code has 13 letters and digits."),
}


class RecoveryCodeForm(forms.Form):
    """Thirteen letters and digits in any format."""

    code = forms.CharField(
        label=_("Recovery code"),
        help_text=_("It looks like 4K7M-P2XW-9TQ3R. Letter case, spaces and dashes don't matter."),
        strip=False,
        required=False,
        widget=CodeInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "autofocus": True,
                "spellcheck": "false",
                "class": "spare-code",
            }
        ),
    )

    def clean_code(self) -> str:
        """Return 13 characters."""
        code = recovery.normalize(self.cleaned_data["code"])
        if isinstance(code, Misspelled):
            raise forms.ValidationError(SPELLINGS[code], code=code)
        return code

    def refuse(self, result: Result) -> None:
        """Show the result of a code."""
        self.add_error("code", _judged(result))


class PassForm(RecoveryCodeForm):
    """A one-time pass from support, in the format of a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the field."""
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("One-time pass")

    def refuse(self, result: Result) -> None:
        """Show the result of a pass."""
        self.add_error("code", _of_pass(result))


def _of_pass(result: Result) -> str:
    if result.outcome is Outcome.SPENT:
        return gettext("This pass has already been used. It works once.")
    if result.outcome is Outcome.EXPIRED:
        return gettext("There is no pass that works now. Ask support for a new one.")
    left = result.attempts_left
    wrong = ngettext(
        "That is not your pass. %d attempt left before you have to wait.",
        "That is not your pass. %d attempts left before you have to wait.",
        left,
    )
    return wrong % left


def _judged(result: Result) -> str:
    match result.outcome:
        case Outcome.SPENT:
            return gettext("This code has already been used. Each code works once.")
        case Outcome.EXPIRED:
            return gettext("Your recovery codes can no longer be used.")
        case Outcome.WRONG | Outcome.LOCKED | Outcome.REPLACED | Outcome.RIGHT:
            return _not_of_the_set(result.attempts_left)
        case _:
            assert_never(result.outcome)


def _not_of_the_set(left: int) -> str:
    wrong = ngettext(
        "That is not one of your recovery codes. %d attempt left before you have to wait.",
        "That is not one of your recovery codes. %d attempts left before you have to wait.",
        left,
    )
    return wrong % left
