"""The form for a phone number, with a diagnosis of mistakes."""

from collections.abc import Iterator

from django import forms
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa import countries
from mfa.rules import number_formats, phone_numbers
from mfa.rules.methods import ChannelName
from mfa.rules.phone_numbers import Misread, Mistake, PhoneNumber
from mfa.rules.policy import Policy

UNREADABLE = _(
    "We can't read this as a phone number. Start with + and the country code, or enter it as "
    "you would dial it at home."
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
    Mistake.COUNTRY_TWICE: _("You entered the country code twice."),
    Mistake.EXTENSION: _("Enter a mobile number without an extension."),
    Mistake.OLD_PLAN: _(
        "%(number)s is in an old format. Phone numbers in that country have changed."
    ),
    Mistake.NOT_A_NUMBER: _("This number does not exist. Check the digits after the country code."),
    Mistake.LANDLINE: CANNOT_GET_TEXTS,
    Mistake.SPECIAL_RATE: CANNOT_GET_TEXTS,
    Mistake.VOIP: _("%(number)s is an internet phone number. Enter a mobile number."),
    Mistake.SATELLITE: _("%(number)s can't receive texts from us. Enter a mobile number."),
}


class PhoneForm(forms.Form):
    """A mobile number in any format. `repaired` is what the person probably meant."""

    phone = forms.CharField(
        label=_("Mobile number"),
        strip=False,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel", "autofocus": True}
        ),
    )

    def __init__(self, *args: object, policy: Policy, **kwargs: object) -> None:
        """Store the policy for reading numbers."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.policy = policy
        self.repaired = ""
        self.fields["phone"].help_text = self._hint()

    @classmethod
    def filled(cls, number: str, *, policy: Policy) -> "PhoneForm":
        """Return the form with a stored number, or empty without one.

        A number that cannot get texts is shown with the reason.
        """
        if not number:
            return cls(policy=policy)
        shown = {"phone": number_formats.international(number)}
        form = cls(shown, policy=policy)
        return cls(policy=policy, initial=shown) if form.is_valid() else form

    def clean_phone(self) -> str:
        """Return the number in E.164."""
        number = self._read(self.cleaned_data["phone"])
        if isinstance(number, Misread):
            meant = self._read(number.repaired) if number.repaired else number
            self.repaired = "" if isinstance(meant, Misread) else meant.international
            raise forms.ValidationError(_diagnosed(number), code=number.mistake)
        if reasons := list(self._refusals(number)):
            raise forms.ValidationError(reasons)
        return number.e164

    def _refusals(self, number: PhoneNumber) -> Iterator[forms.ValidationError]:
        """Return every reason why this number cannot be set up now."""
        if not self.policy.may_enroll(number.region):
            yield forms.ValidationError(self._closed(number), code="country")
        if ChannelName.SMS in self.policy.resting:
            yield forms.ValidationError(self._resting(), code="resting")

    def _hint(self) -> str:
        """Show the format that works here: numbers of the home country need no country code."""
        examples = number_formats.examples(self.policy.home_region)
        if examples is None or isinstance(self._read(examples[0]), Misread):
            return gettext("Start with + and the country code, for example +44 7546 123456.")
        national, international = examples
        words = gettext("For example %(national)s or %(international)s.")
        return words % {"national": national, "international": international}

    def _closed(self, number: PhoneNumber) -> str:
        """Return that its country is not allowed (M06)."""
        words = gettext(
            "Country not supported: %(country)s. Enter another number, or ask %(contact)s."
        )
        contact = self.policy.contact or gettext("your administrator")
        return words % {"country": countries.name_of(number.region), "contact": contact}

    def _resting(self) -> str:
        words = gettext("We can't send texts right now. Try again later, or ask %(contact)s.")
        return words % {"contact": self.policy.contact or gettext("your administrator")}

    def _read(self, typed: str) -> PhoneNumber | Misread:
        return phone_numbers.read(
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
