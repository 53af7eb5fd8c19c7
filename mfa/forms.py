"""Forms: they say whether text has the right shape; the verbs decide."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa import countries
from mfa.answers import Answer, Judgement
from mfa.models import Challenge
from mfa.models.factors import NAME_LENGTH
from mfa.rules import contacts, recovery
from mfa.rules.codes import Misshapen, normalize
from mfa.rules.contacts import Misread, Mistake, PhoneNumber
from mfa.rules.policy import Policy
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
UNREADABLE = _(
    "We cannot read this as a phone number. Start with + and the country code, or write it as you "
    "would dial it at home."
)
CANNOT_GET_TEXTS = _(
    "%(number)s looks like a landline or special-rate number, which cannot get texts. Enter a "
    "mobile number."
)
MISTAKES = {
    Mistake.EMPTY: _("Enter your mobile number."),
    Mistake.UNREADABLE: UNREADABLE,
    Mistake.NO_COUNTRY: _("Start with + and the country code, as in +44 7546 123456."),
    Mistake.TOO_SHORT: _("Some digits are missing. Check the number."),
    Mistake.TOO_LONG: _("There are too many digits. Check the number."),
    Mistake.COUNTRY_TWICE: _("The country code is there twice."),
    Mistake.EXTENSION: _("Leave out the extension: texts reach a mobile number only."),
    Mistake.NOT_A_NUMBER: _("There is no such number. Check the digits after the country code."),
    Mistake.LANDLINE: CANNOT_GET_TEXTS,
    Mistake.SPECIAL_RATE: CANNOT_GET_TEXTS,
    Mistake.VOIP: _("%(number)s is an internet number. Enter a mobile number."),
    Mistake.SATELLITE: _("%(number)s is not a mobile number of a country. Enter one that is."),
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
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def refuse_new(self) -> None:
        """Say that the app shows something else."""
        words = gettext(
            "That is not the code of this app. Enter the one that it shows now, and check that "
            "the clock of your phone is right."
        )
        self.add_error("code", words)


def _words(judgement: Judgement, challenge: Challenge | None) -> str:
    if challenge is None or judgement.answer is Answer.EXPIRED:
        life = challenge.life if challenge else 10
        return gettext("This code is older than %d minutes. Ask for a new one.") % life
    if judgement.answer is Answer.SPENT:
        return gettext("This code has already been used. Each one works once.")
    if judgement.answer is Answer.REPLACED:
        return _said(REPLACED, challenge)
    if judgement.tries_left == 0:
        return gettext("That was the fifth wrong code. Ask for a new one.")
    left = judgement.tries_left
    wrong = ngettext(
        "That is not the code we sent. %d try left.",
        "That is not the code we sent. %d tries left.",
        left,
    )
    return f"{wrong % left} {_said(NEWEST, challenge)}"


def _app_words(judgement: Judgement) -> str:
    if judgement.answer is Answer.SPENT:
        return gettext("This code has already been used. Wait until your app shows the next one.")
    if judgement.answer is Answer.EXPIRED:
        return gettext("This app can no longer be used. Try another way.")
    left = judgement.tries_left
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
    if judgement.answer is Answer.SPENT:
        return gettext("This code has already been used. Each one works once.")
    if judgement.answer is Answer.EXPIRED:
        return gettext("Your recovery codes can no longer be used.")
    left = judgement.tries_left
    wrong = ngettext(
        "That is not one of your recovery codes. %d try left before there is a wait.",
        "That is not one of your recovery codes. %d tries left before there is a wait.",
        left,
    )
    return wrong % left


class PhoneForm(forms.Form):
    """A mobile number in any spelling; `repaired` is what the person probably meant."""

    phone = forms.CharField(
        label=_("Mobile number"),
        strip=False,
        required=False,
        help_text=_("In international format, such as +44 7546 123456: without the first 0."),
        widget=forms.TextInput(
            attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel", "autofocus": True}
        ),
    )

    def __init__(self, *args: object, policy: Policy, **kwargs: object) -> None:
        """Read numbers as this policy does."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.policy = policy
        self.repaired = ""

    def clean_phone(self) -> str:
        """Return the number in E.164."""
        number = self._read(self.cleaned_data["phone"])
        if isinstance(number, Misread):
            meant = self._read(number.repaired) if number.repaired else number
            self.repaired = "" if isinstance(meant, Misread) else meant.international
            raise forms.ValidationError(_diagnosed(number), code=number.mistake)
        if not self.policy.may_enroll(number.region):
            raise forms.ValidationError(self._closed(number), code="country")
        if ChannelName.SMS in self.policy.resting:
            raise forms.ValidationError(self._resting(), code="resting")
        return number.e164

    def _closed(self, number: PhoneNumber) -> str:
        """Say that its country is not on the list (M06)."""
        words = gettext(
            "We do not send texts to numbers in %(country)s. Enter another number, or ask "
            "%(contact)s."
        )
        contact = self.policy.contact or gettext("your administrator")
        return words % {"country": countries.name_of(number.region), "contact": contact}

    def _resting(self) -> str:
        words = gettext("We cannot send texts at the moment. Try again later, or ask %(contact)s.")
        return words % {"contact": self.policy.contact or gettext("your administrator")}

    def _read(self, typed: str) -> PhoneNumber | Misread:
        return contacts.read(
            typed,
            home_region=self.policy.home_region or None,
            allow_voip=self.policy.allow_voip,
            test_prefixes=settings.SMS_TEST_NUMBERS,
        )


def _diagnosed(misread: Misread) -> str:
    if misread.missing:
        short = ngettext(
            "%(number)s is one digit short.",
            "%(number)s is %(missing)d digits short.",
            misread.missing,
        )
        return short % {"number": misread.number, "missing": misread.missing}
    return str(MISTAKES[misread.mistake]) % {"number": misread.number}


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
