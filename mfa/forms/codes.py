"""Forms for codes, with messages that say what to do."""

from datetime import datetime
from typing import Any, assert_never

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa import spans
from mfa.challenges import Outcome, Result
from mfa.models import Challenge, SitePolicy
from mfa.rules.codes import Misshapen, normalize
from mfa.rules.methods import ChannelName
from mfa.rules.totp import STEP_SECONDS

SHAPES = {
    Misshapen.EMPTY: _("Enter the code."),
    Misshapen.NOT_DIGITS: _("A code contains only digits. Check what you typed."),
    Misshapen.TOO_SHORT: _("That code is too short. A code has six digits."),
    Misshapen.TOO_LONG: _("That code is too long. A code has six digits."),
}
NEWEST: dict[str, Promise] = {
    ChannelName.SMS: _("We sent the latest text %s ago."),
    ChannelName.EMAIL: _("We sent the latest email %s ago."),
}
REPLACED: dict[str, Promise] = {
    ChannelName.SMS: _("That code was replaced. Use the one we texted %s ago."),
    ChannelName.EMAIL: _("That code was replaced. Use the one we emailed %s ago."),
}


class CodeInput(forms.TextInput):
    """A field that is empty after an error, because codes are never written into a page (OT-08)."""

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

    def __init__(self, *args: Any, trust_days: int = 0, **kwargs: Any) -> None:
        """Use the word for a code that the site's policy chose (C20).

        `trust_days`: the person can trust this browser for so many days (TB-01).
        """
        super().__init__(*args, **kwargs)
        if trust_days:
            self.fields["trust"] = _trust_field(trust_days)
        if SitePolicy.brand().says_otp:
            self.fields["code"].label = _("OTP")

    @property
    def trusts(self) -> bool:
        """Whether the person chose to trust this browser."""
        return bool(self.cleaned_data.get("trust"))

    def clean_code(self) -> str:
        """Return six digits."""
        code = normalize(self.cleaned_data["code"])
        if isinstance(code, Misshapen):
            raise forms.ValidationError(SHAPES[code], code=code)
        return code

    def refuse(self, result: Result, challenge: Challenge | None) -> None:
        """Show the result of a code."""
        self.add_error("code", _words(result, challenge))

    def lock(self, until: datetime) -> None:
        """Show a lockout after wrong codes (M09)."""
        self.add_error("code", lockout_words(until))

    def refuse_app(self, result: Result) -> None:
        """Show the result of an app's code."""
        self.add_error("code", _app_words(result))


def _trust_field(days: int) -> forms.BooleanField:
    return forms.BooleanField(
        label=ngettext("Trust this browser for %d day", "Trust this browser for %d days", days)
        % days,
        required=False,
        help_text=_("You then log in here without a code. Do not use this on a shared computer."),
    )


def _words(result: Result, challenge: Challenge | None) -> str:
    if challenge is None:
        return _too_old(10)
    match result.outcome:
        case Outcome.EXPIRED:
            return _too_old(challenge.life)
        case Outcome.SPENT:
            return gettext("This code has already been used. Each code works once.")
        case Outcome.REPLACED:
            return _said(REPLACED, challenge)
        case Outcome.WRONG | Outcome.LOCKED | Outcome.RIGHT:
            return _not_sent(result.attempts_left, challenge)
        case _:
            assert_never(result.outcome)


def lockout_words(until: datetime) -> str:
    """Return when the next attempt is possible (M09)."""
    return gettext("Too many attempts. Try again in %s.") % spans.left(until)


def _too_old(minutes: int) -> str:
    return gettext("This code is older than %d minutes. Ask for a new one.") % minutes


def _not_sent(left: int, challenge: Challenge) -> str:
    if left == 0:
        return gettext("That was the fifth wrong code. Ask for a new one.")
    wrong = ngettext(
        "That is not the code we sent. %d attempt left.",
        "That is not the code we sent. %d attempts left.",
        left,
    )
    return f"{wrong % left} {_said(NEWEST, challenge)}"


def _app_words(result: Result) -> str:
    match result.outcome:
        case Outcome.SPENT:
            return gettext(
                "This code has already been used. Wait until your app shows the next one."
            )
        case Outcome.EXPIRED:
            return gettext("This app can no longer be used. Try another way.")
        case Outcome.WRONG | Outcome.LOCKED | Outcome.REPLACED | Outcome.RIGHT:
            wrong = _not_of_the_app(result.attempts_left)
            return f"{wrong} {clock_words(result.drift)}" if result.drift else wrong
        case _:
            assert_never(result.outcome)


def _not_of_the_app(left: int) -> str:
    wrong = ngettext(
        "That is not the code your app shows now. %d attempt left before you have to wait.",
        "That is not the code your app shows now. %d attempts left before you have to wait.",
        left,
    )
    return wrong % left


def clock_words(drift: int) -> str:
    """Say how wrong the clock of an app is, in steps of half a minute, and what to do."""
    minutes = round(abs(drift) * STEP_SECONDS / 60)
    if drift > 0:
        wrong = ngettext(
            "Your phone's clock is about %d minute fast.",
            "Your phone's clock is about %d minutes fast.",
            minutes,
        )
    else:
        wrong = ngettext(
            "Your phone's clock is about %d minute slow.",
            "Your phone's clock is about %d minutes slow.",
            minutes,
        )
    what = gettext("Set its time to automatic, then enter the next code.")
    return f"{wrong % minutes} {what}"


def _said(words: dict[str, Promise], challenge: Challenge) -> str:
    """Return how long ago the newest message was sent, in words for its channel."""
    newest = challenge.deliveries.order_by("-pk").first()
    sent_at = newest.created_at if newest else challenge.created_at
    return str(words[challenge.channel]) % spans.since(sent_at)
