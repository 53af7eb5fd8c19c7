"""The form of the account policy. It never shows the stored token."""

import unicodedata
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from mfa import channels, countries, factors
from mfa.admin import status
from mfa.admin.base.edits import Concurrent
from mfa.channels.base import Channel
from mfa.forms.levels import LevelForm
from mfa.forms.moments import MomentField
from mfa.models import AbstractMfaUser, AccountPolicy, SmsValues
from mfa.rules import looks, phone_numbers, regions
from mfa.rules.methods import RESISTANT, ChannelName
from mfa.rules.phone_numbers import Misread
from mfa.rules.policy import Policy

TOKEN_TAIL = 4
# The name of the buttons that test what is on the page
TESTED = "_test"
# The hidden field with the dates for passkeys that the page has asked about
CONFIRMED = "_passkeys"
SMS_FIELDS = {"sms_account_id", "sms_auth_token", "sms_phone_number"}
# What an empty choice means at the site's level
DEFAULTS = {
    "enforcement": AccountPolicy.Enforce.REQUIRED.label,
    "on_reenable": AccountPolicy.Reenable.KEEP.label,
    "email_codes": AccountPolicy.Email(Policy().email_codes).label,
    "weaker_ways": AccountPolicy.Weaker(Policy().weaker_ways).label,
    "after_enrollment": AccountPolicy.Afterwards(Policy().after_enrollment).label,
    "number_change": AccountPolicy.ChangeOfNumber(Policy().number_change).label,
}


class Trimmed(forms.CharField):
    """Text without the spaces and invisible characters of copied text."""

    def to_python(self, value: str | None) -> str:
        """Trim."""
        visible = (c for c in value or "" if unicodedata.category(c) != "Cf")
        return str(super().to_python("".join(visible)))


class ColorField(Trimmed):
    """A color as `#rrggbb`, also typed without # or in capitals."""

    def to_python(self, value: str | None) -> str:
        """Return its normal form."""
        typed = super().to_python(value).lower()
        return f"#{typed}" if looks.is_color(f"#{typed}") else typed


class AccountPolicyForm(LevelForm[AccountPolicy]):
    """Saves all values at once (A15)."""

    # Who saves it. The buttons that save nothing do not set it.
    actor: AbstractMfaUser | None = None
    # What the second press of the button sends
    confirms = ""
    # The admin's page adds this to its form. The page's buttons use this class directly.
    carried = Concurrent.carried

    sms_account_id = Trimmed(
        label=_("SMS Account ID"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": 40}),
    )
    sms_auth_token = Trimmed(
        label=_("SMS Authentication Token"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "size": 40}),
    )
    sms_phone_number = Trimmed(
        label=_("SMS Phone Number"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": 40}),
    )

    portal_name = Trimmed(
        label=_("Portal name"),
        max_length=looks.LONGEST_NAME,
        help_text=_(
            "Shown on pages, in emails and at the start of every text. At most 30 characters."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 40}),
    )
    accent = ColorField(
        label=_("Accent color"),
        help_text=_("For buttons and links, for example #1d4ed8."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": 10}),
    )

    staff_passkeys_from = MomentField(
        label=_("Staff need a passkey from"),
        required=False,
        help_text=_("The same, for staff only. Empty: staff are like everyone."),
    )

    class Meta:
        """The fields, as the page groups them."""

        model = AccountPolicy
        fields: ClassVar = [
            "invitation",
            "portal_name",
            "accent",
            "login_with",
            "says_otp",
            "pilot_group",
            "enforcement",
            "deadline",
            "most_skips",
            "skips_until",
            "may_relax_to",
            "on_reenable",
            "may_close",
            "registration",
            "contact",
            "methods",
            "backup",
            "weaker_ways",
            "passkeys_from",
            "staff_passkeys_from",
            "code_life_minutes",
            "email_codes",
            "recovery_hours",
            "new_device_email",
            "after_enrollment",
            "number_change",
            "home_region",
            "allow_voip",
            "enroll_countries",
            "text_countries",
            "texts_a_day",
            "session_hours",
            "session_idle_minutes",
            "trust_browser_days",
            "enabled",
        ]

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Show only that a token is stored, and its last characters (A13)."""
        super().__init__(*args, **kwargs)
        self.fields["enroll_countries"].help_text = _if_none(self.instance.home_region)
        # The values entered last, even if they wait for a superuser
        entered = self.instance.sms.entered
        self.initial["sms_account_id"] = entered.account_id
        self.initial["sms_phone_number"] = entered.phone_number
        self.initial["sms_auth_token"] = ""
        token = entered.auth_token
        said = self.provider.account_words
        self.fields["sms_account_id"].help_text = said.account_id
        self.fields["sms_phone_number"].help_text = said.phone_number
        where = said.auth_token
        stored = gettext("Set, ends …%s. Leave empty to keep it.") % token[-TOKEN_TAIL:]
        self.fields["sms_auth_token"].help_text = f"{stored} {where}" if token else where
        if TESTED in self.data and self.data.get("sms_auth_token"):
            # A page never shows a token, so the tested one must be entered again.
            self.fields["sms_auth_token"].help_text = gettext(
                "Enter the new token again before you save."
            )

    def unset(self, name: str) -> str:
        """Return the product's default."""
        if name == "may_relax_to":
            return gettext("Organizations can only make it stricter")
        return gettext("Default: %s") % DEFAULTS.get(name, gettext("no"))

    def choices_of(self, name: str) -> dict[str, str]:
        """Say what “Off” means at the site's level."""
        off = {"off": gettext("Off: organizations decide")} if name == "enforcement" else {}
        return {**super().choices_of(name), **off}

    @property
    def provider(self) -> Channel:
        """The provider of texts, which knows the format of its account's values."""
        return channels.get(ChannelName.SMS)

    @property
    def sms_values(self) -> SmsValues:
        """The values entered for the SMS account."""
        # Do not convert to text: a token that no key decrypts must stay as stored.
        return SmsValues(*(self.cleaned_data[f"sms_{name}"] for name in SmsValues._fields))

    def is_valid(self) -> bool:
        """Whether to save. A test of the page's values saves nothing and shows the form again."""
        return TESTED not in self.data and super().is_valid()

    def clean_staff_passkeys_from(self) -> Any:
        """Refuse a new date that is over already, so that staff see it first."""
        return self.in_the_future("staff_passkeys_from")

    def clean_sms_account_id(self) -> str:
        """Return the account ID if the provider accepts its format."""
        typed = str(self.cleaned_data["sms_account_id"])
        if refusal := typed and self.provider.refuse_account_id(typed):
            raise forms.ValidationError(refusal)
        return typed

    def clean_sms_auth_token(self) -> str:
        """Return the new token, or the stored one if none was entered."""
        stored = self.instance.sms.entered.auth_token
        return str(self.cleaned_data["sms_auth_token"]) or stored

    def clean_sms_phone_number(self) -> str:
        """Return the sender in E.164 (A14), or the id of a messaging service."""
        typed = str(self.cleaned_data["sms_phone_number"])
        if not typed or self.provider.is_sender(typed):
            return typed
        home = self.cleaned_data.get("home_region") or self.instance.home_region
        number = phone_numbers.read_sender(typed, home_region=home or None)
        if isinstance(number, Misread):
            raise forms.ValidationError(
                gettext("We can't read this as a phone number. Start with + and the country code.")
            )
        return number.e164

    def clean(self) -> dict[str, object]:
        """Refuse methods that the administrator lacks, and MFA without an SMS account."""
        cleaned = super().clean() or self.cleaned_data
        if self.actor and "methods" in self.changed_data and not self.errors:
            self._check_own_method(self.actor)
        if self.actor and TESTED not in self.data:
            self._check_passkeys(self.actor)
        sms = ("sms_account_id", "sms_auth_token", "sms_phone_number")
        missing = not all(cleaned.get(name) for name in sms) and not self.errors
        if missing and self.instance.changes_wait and SMS_FIELDS & set(self.changed_data):
            raise forms.ValidationError(
                gettext(
                    "Enter all three values of the SMS account. Once MFA has been enabled, you can "
                    "replace the account but not remove it."
                )
            )
        return cleaned

    def _check_passkeys(self, actor: AbstractMfaUser) -> None:
        """Refuse a new date for passkeys to someone without one, and ask about staff without one.

        They set one up when they log in after the date, so the second press saves (pol4).
        """
        if self.errors:
            return
        dates = {name: self.cleaned_data[name] for name in AccountPolicy.passkey_dates}
        new = [name for name in dates if name in self.changed_data and dates[name]]
        if not new:
            return
        if not factors.holds_one_of(actor, RESISTANT):
            self.add_error(new[0], gettext("Set up a passkey yourself first."))
            return
        mark = f"{dates['passkeys_from']} {dates['staff_passkeys_from']}"
        if status.staff_without_passkey()[1] and self.data.get(CONFIRMED) != mark:
            self.confirms = mark
            again = gettext(
                "They set one up at their first login from then on. Save again to confirm."
            )
            self.add_error(new[0], f"{status.staff_words()} {again}")

    def _check_own_method(self, actor: AbstractMfaUser) -> None:
        """Refuse methods of which the administrator has none (pol4)."""
        if not factors.holds_one_of(actor, self.cleaned_data["methods"]):
            self.add_error("methods", gettext("Set up one of these methods yourself first."))


def _if_none(home_region: str) -> str:
    """Return the meaning of an empty list of countries."""
    if home_region:
        home = countries.words(regions.group(home_region))
        return gettext("Leave empty to allow only the home country (%s).") % home
    return gettext(
        "Empty allows every country, because there is no home country. Choose a home country or "
        "countries here to limit SMS pumping fraud."
    )
