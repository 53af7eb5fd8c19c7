"""What proves a person: a code that was sent, an app's, a recovery code, and how to get one."""

from datetime import timedelta
from typing import assert_never

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa import plain_text
from mfa.answers import Answer, Judgement
from mfa.models import Challenge
from mfa.models.factors import NAME_LENGTH
from mfa.rules import recovery
from mfa.rules.codes import Misshapen, normalize
from mfa.rules.recovery import Misspelled
from mfa.rules.routes import ChannelName, Route

SHAPES = {
    Misshapen.EMPTY: _("Enter the code."),
    Misshapen.NOT_DIGITS: _("A code has only digits. Check what you typed."),
    Misshapen.TOO_SHORT: _("That is too short: a code has six digits."),
    Misshapen.TOO_LONG: _("That is too long: a code has six digits."),
}
SPELLINGS = {
    Misspelled.EMPTY: _("Enter one of your recovery codes."),
    Misspelled.STRANGE: _("A recovery code has only letters and digits. Check what you typed."),
    Misspelled.TOO_SHORT: _("That is too short: a recovery code has 13 letters and digits."),
    Misspelled.TOO_LONG: _("That is too long: a recovery code has 13 letters and digits."),
}

NEWEST: dict[str, Promise] = {
    ChannelName.SMS: _("The newest text went out %s ago."),
    ChannelName.EMAIL: _("The newest email went out %s ago."),
}
REPLACED: dict[str, Promise] = {
    ChannelName.SMS: _("That code was replaced. Use the one that we texted %s ago."),
    ChannelName.EMAIL: _("That code was replaced. Use the one that we emailed %s ago."),
}


class CodeInput(forms.TextInput):
    """A field that is empty again after a failure: a code is never written into a page (OT-08)."""

    def format_value(self, value: object) -> None:
        """Show nothing."""


class CodeForm(forms.Form):
    """Six digits, typed or pasted."""

    code = forms.CharField(
        label=_("Code"),
        strip=False,
        required=False,
        widget=CodeInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
    )

    def clean_code(self) -> str:
        """Return six digits."""
        code = normalize(self.cleaned_data["code"])
        if isinstance(code, Misshapen):
            raise forms.ValidationError(SHAPES[code], code=code)
        return code

    def refuse(self, judgement: Judgement, challenge: Challenge | None) -> None:
        """Say in words what the answer was."""
        self.add_error("code", _words(judgement, challenge))

    def refuse_app(self, judgement: Judgement) -> None:
        """Say in words what the answer of an app was."""
        self.add_error("code", _app_words(judgement))


class NewAppForm(CodeForm):
    """The first code of a new app, and what to call it."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("So that you can tell several apart, such as “Work phone”."),
        required=False,
        max_length=NAME_LENGTH,
        validators=[plain_text.check],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_name(self) -> str:
        """Return the person's own name for it, and none for ours: that one is translated."""
        name = str(self.cleaned_data["name"])
        return "" if name == gettext("Authenticator app") else name

    def refuse_new(self, judgement: Judgement) -> None:
        """Say why the app was not added."""
        self.add_error("code", _new_app_words(judgement))


def _new_app_words(judgement: Judgement) -> str:
    match judgement.answer:
        case Answer.EXPIRED:
            return gettext("Your account was changed in another window. Log in again.")
        case Answer.WRONG | Answer.LOCKED | Answer.REPLACED | Answer.SPENT | Answer.RIGHT:
            return gettext(
                "That is not the code of this app. Enter the one that it shows now, and check "
                "that the clock of your phone is right."
            )
        case _:
            assert_never(judgement.answer)


def _words(judgement: Judgement, challenge: Challenge | None) -> str:
    if challenge is None:
        return _too_old(10)
    match judgement.answer:
        case Answer.EXPIRED:
            return _too_old(challenge.life)
        case Answer.SPENT:
            return gettext("This code has already been used. Each one works once.")
        case Answer.REPLACED:
            return _said(REPLACED, challenge)
        case Answer.WRONG | Answer.LOCKED | Answer.RIGHT:
            return _not_sent(judgement.tries_left, challenge)
        case _:
            assert_never(judgement.answer)


def _too_old(minutes: int) -> str:
    return gettext("This code is older than %d minutes. Ask for a new one.") % minutes


def _not_sent(left: int, challenge: Challenge) -> str:
    if left == 0:
        return gettext("That was the fifth wrong code. Ask for a new one.")
    wrong = ngettext(
        "That is not the code we sent. %d try left.",
        "That is not the code we sent. %d tries left.",
        left,
    )
    return f"{wrong % left} {_said(NEWEST, challenge)}"


def _app_words(judgement: Judgement) -> str:
    match judgement.answer:
        case Answer.SPENT:
            return gettext(
                "This code has already been used. Wait until your app shows the next one."
            )
        case Answer.EXPIRED:
            return gettext("This app can no longer be used. Try another way.")
        case Answer.WRONG | Answer.LOCKED | Answer.REPLACED | Answer.RIGHT:
            return _not_of_the_app(judgement.tries_left)
        case _:
            assert_never(judgement.answer)


def _not_of_the_app(left: int) -> str:
    wrong = ngettext(
        "That is not the code that your app shows now. %d try left before there is a wait.",
        "That is not the code that your app shows now. %d tries left before there is a wait.",
        left,
    )
    return wrong % left


def _said(words: dict[str, Promise], challenge: Challenge) -> str:
    """Say when the newest message went out, by its channel."""
    newest = challenge.deliveries.order_by("-pk").first()
    sent_at = newest.created_at if newest else challenge.created_at
    recent = timezone.now() - sent_at < timedelta(minutes=1)
    ago = gettext("less than a minute") if recent else timesince(sent_at)
    return str(words[challenge.channel]) % ago


class RecoveryCodeForm(forms.Form):
    """Thirteen letters and digits, however they are typed."""

    code = forms.CharField(
        label=_("Recovery code"),
        help_text=_("It looks like 4K7M-P2XW-9TQ3R. Capitals, blanks and dashes do not matter."),
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
        """Return thirteen signs."""
        code = recovery.normalize(self.cleaned_data["code"])
        if isinstance(code, Misspelled):
            raise forms.ValidationError(SPELLINGS[code], code=code)
        return code

    def refuse(self, judgement: Judgement) -> None:
        """Say in words what the answer was."""
        self.add_error("code", _judged(judgement))


def _judged(judgement: Judgement) -> str:
    match judgement.answer:
        case Answer.SPENT:
            return gettext("This code has already been used. Each one works once.")
        case Answer.EXPIRED:
            return gettext("Your recovery codes can no longer be used.")
        case Answer.WRONG | Answer.LOCKED | Answer.REPLACED | Answer.RIGHT:
            return _not_of_the_set(judgement.tries_left)
        case _:
            assert_never(judgement.answer)


def _not_of_the_set(left: int) -> str:
    wrong = ngettext(
        "That is not one of your recovery codes. %d try left before there is a wait.",
        "That is not one of your recovery codes. %d tries left before there is a wait.",
        left,
    )
    return wrong % left


class RouteForm(forms.Form):
    """The ways to get a code, best first."""

    route = forms.ChoiceField(label=_("How should we send your code?"), widget=forms.RadioSelect)

    def __init__(self, *args: object, labels: dict[Route, str], **kwargs: object) -> None:
        """Offer these routes, the first one chosen."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.routes = {route.name: route for route in labels}
        field = self.fields["route"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(route.name, label) for route, label in labels.items()]
        field.initial = next(iter(self.routes), None)

    def clean_route(self) -> Route:
        """Return the route itself."""
        return self.routes[self.cleaned_data["route"]]
