"""The form of the account policy; the token goes in and never comes out."""

import re
import unicodedata
from typing import ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext, gettext_lazy as _

from mfa import countries
from mfa.models import AccountPolicy
from mfa.models.policies import SmsValues
from mfa.rules import contacts
from mfa.rules.contacts import Misread
from mfa.rules.policy import Policy

TOKEN_TAIL = 4
SMS_FIELDS = {"sms_account_id", "sms_auth_token", "sms_phone_number"}
MESSAGING_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
# An empty choice names the product's own value, which it means at the site's level.
CHOICES: dict[str, type[models.TextChoices]] = {
    "enforcement": AccountPolicy.Enforce,
    "email_codes": AccountPolicy.Email,
    "after_enrollment": AccountPolicy.Afterwards,
}


class Trimmed(forms.CharField):
    """Text without the blanks and invisible marks that copying brings along."""

    def to_python(self, value: str | None) -> str:
        """Trim."""
        visible = (c for c in value or "" if unicodedata.category(c) != "Cf")
        return str(super().to_python("".join(visible)))


class Countries(forms.CheckboxSelectMultiple):
    """All countries of the world, those that are chosen on top."""

    template_name = "admin/mfa/countries.html"


class AccountPolicyForm(forms.ModelForm[AccountPolicy]):
    """Saves all values at once (A15)."""

    sms_account_id = Trimmed(
        label=_("SMS Account ID"),
        required=False,
        help_text=_("“Account SID” on the Twilio console's first page: AC and 32 more characters."),
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
        help_text=_(
            "The trial or bought number that texts come from, in any spelling; or the id of a "
            "messaging service, which starts with MG."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": 40}),
    )

    allow_voip = forms.NullBooleanField(
        label=_("Accept internet (VoIP) numbers"),
        required=False,
        help_text=_("They are easy to take over from afar."),
        widget=forms.Select(
            choices=[("", _("Default: no")), ("True", _("Yes")), ("False", _("No"))]
        ),
    )
    enroll_countries = forms.MultipleChoiceField(
        label=_("Countries whose numbers may be set up"),
        required=False,
        choices=countries.choices,
        widget=Countries,
    )
    text_countries = forms.MultipleChoiceField(
        label=_("Countries where confirmed numbers get texts"),
        required=False,
        choices=countries.choices,
        widget=Countries,
        help_text=_("None: every country, and always those above."),
    )

    class Meta:
        """The fields, as the page groups them."""

        model = AccountPolicy
        fields: ClassVar = [
            "pilot_group",
            "enforcement",
            "contact",
            "code_life_minutes",
            "email_codes",
            "after_enrollment",
            "home_region",
            "allow_voip",
            "enroll_countries",
            "text_countries",
            "texts_a_day",
            "session_hours",
            "session_idle_minutes",
            "enabled",
            "sms_account_id",
            "sms_auth_token",
            "sms_phone_number",
        ]

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Say of a stored token only that it is there, and how it ends (A13)."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, words in CHOICES.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                default = gettext("Default: %s") % words(getattr(Policy(), name)).label
                field.choices = [("", default), *words.choices]
        self.fields["enroll_countries"].help_text = _if_none(self.instance.home_region)
        # What was entered last, even while it waits for a superuser
        entered = self._entered()
        self.initial["sms_account_id"] = entered.account_id
        self.initial["sms_phone_number"] = entered.phone_number
        self.initial["sms_auth_token"] = ""
        token = entered.auth_token
        where = gettext("“Auth Token” on the Twilio console's first page.")
        stored = gettext("Set, ends …%s. Leave empty to keep it.") % token[-TOKEN_TAIL:]
        self.fields["sms_auth_token"].help_text = f"{stored} {where}" if token else where

    def _entered(self) -> SmsValues:
        policy = self.instance
        return policy.candidate_values if policy.candidate_since else policy.sms_values

    def clean_home_region(self) -> str:
        """Return the country in capitals, if numbers can be dialled there."""
        region = str(self.cleaned_data["home_region"]).strip().upper()
        if region and not contacts.is_region(region):
            raise forms.ValidationError(gettext("Enter a country as two letters, such as GB."))
        return region

    def clean_sms_auth_token(self) -> str:
        """Return the new token, or the stored one where nothing was typed."""
        return str(self.cleaned_data["sms_auth_token"]) or self._entered().auth_token

    def clean_sms_phone_number(self) -> str:
        """Return the sender in E.164, whatever its spelling (A14), or a messaging service's id."""
        typed = str(self.cleaned_data["sms_phone_number"])
        if not typed or MESSAGING_SERVICE.fullmatch(typed):
            return typed
        home = self.cleaned_data.get("home_region") or self.instance.home_region
        number = contacts.read_sender(typed, home_region=home or None)
        if isinstance(number, Misread):
            raise forms.ValidationError(
                gettext("We cannot read this as a phone number. Start with + and the country code.")
            )
        return number.e164

    def clean(self) -> dict[str, object]:
        """Keep MFA from running without an SMS account: nobody could get in."""
        cleaned = super().clean() or self.cleaned_data
        sms = ("sms_account_id", "sms_auth_token", "sms_phone_number")
        missing = not all(cleaned.get(name) for name in sms) and not self.errors
        if missing and self.instance.changes_wait and SMS_FIELDS & set(self.changed_data):
            raise forms.ValidationError(
                gettext(
                    "Enter all three values of the SMS account. Once MFA has been on, you can "
                    "replace the account but not remove it."
                )
            )
        return cleaned


def _if_none(home_region: str) -> str:
    """Say what an empty list of countries means."""
    if home_region:
        home = countries.words(contacts.group(home_region))
        return gettext("None: the home country alone (%s).") % home
    return gettext(
        "None: every country, since there is no home country. Fraudsters earn from texts to "
        "numbers of theirs abroad, so name your home country or choose some here."
    )
