"""A phone number, and in which way it was mistyped."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa import countries
from mfa.rules import contacts
from mfa.rules.contacts import Misread, Mistake, PhoneNumber
from mfa.rules.policy import Policy
from mfa.rules.routes import ChannelName

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
    Mistake.OLD_PLAN: _(
        "%(number)s is an old spelling: phone numbers in that country have changed."
    ),
    Mistake.NOT_A_NUMBER: _("There is no such number. Check the digits after the country code."),
    Mistake.LANDLINE: CANNOT_GET_TEXTS,
    Mistake.SPECIAL_RATE: CANNOT_GET_TEXTS,
    Mistake.VOIP: _("%(number)s is an internet number. Enter a mobile number."),
    Mistake.SATELLITE: _("%(number)s is not a mobile number of a country. Enter one that is."),
}


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
