"""The fields that the forms of all policy levels share."""

from typing import Any, TypeVar

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from mfa.factors import KINDS
from mfa.forms.countries import CountriesField, CountryField
from mfa.forms.moments import MomentField
from mfa.models.channel_health import ChannelHealth
from mfa.models.level import Level
from mfa.models.policy import unready
from mfa.rules.methods import FIRST, only_email

L = TypeVar("L", bound=Level)
# The kinds that people can set up. Codes to the account's own address are `email_codes` (K4).
METHODS = tuple((method.value, kind.words.label) for method, kind in KINDS.items())
NO_MAIL = _("Send a test email first: with just email, people can log in only while emails work.")
NO_KEY = _(
    "This portal has no key for approval on a phone. Allow another method too, or ask the operator "
    "to run: manage.py new_push_key"
)
CHOICES: dict[str, type[models.TextChoices]] = {
    "enforcement": Level.Enforce,
    "may_relax_to": Level.Enforce,
    "on_reenable": Level.Reenable,
    "email_codes": Level.Email,
    "weaker_ways": Level.Weaker,
    "after_enrollment": Level.Afterwards,
    "number_change": Level.ChangeOfNumber,
}
FLAGS = {"new_device_email", "allow_voip", "backup", "may_close"}


class LevelForm(forms.ModelForm[L]):
    """Choices where empty means that a level above or the product decides."""

    methods = forms.MultipleChoiceField(
        label=_("Methods"),
        required=False,
        choices=METHODS,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "What people can set up and use. Choose none to allow all but email. If email is the "
            "only method: Anyone who controls the mailbox controls the account. Staff and managers "
            "never use email, and can then use the other methods."
        ),
    )
    skips_until = MomentField(
        label=_("People can skip the setup until"),
        required=False,
        help_text=_("Leave empty for no end."),
    )
    deadline = MomentField(
        label=_("Required from"),
        required=False,
        help_text=_("If MFA is optional, it is required from this time. People see the date."),
    )
    passkeys_from = MomentField(
        label=_("Everyone needs a passkey from"),
        required=False,
        help_text=_(
            "People see the date. From then on, other methods only lead to the setup of a passkey."
        ),
    )
    new_device_email = forms.NullBooleanField(
        label=_("Email code on a new device"),
        required=False,
        help_text=_("For people who have no method yet."),
    )
    backup = forms.NullBooleanField(
        label=_("People with one method save recovery codes"),
        required=False,
        help_text=_("At the end of a login, if recovery codes are allowed. Staff always do."),
    )
    may_close = forms.NullBooleanField(
        label=_("People can close their account"),
        required=False,
        help_text=_("It is deleted after 14 days. Never staff or an organization's last manager."),
    )
    allow_voip = forms.NullBooleanField(
        label=_("Accept internet (VoIP) numbers"),
        required=False,
        help_text=_("Attackers can take over these numbers more easily."),
    )
    home_region = CountryField(
        label=_("Home country"),
        required=False,
        help_text=_("People can enter numbers from this country without the country code."),
    )
    enroll_countries = CountriesField(label=_("Countries for new numbers"), required=False)
    text_countries = CountriesField(
        label=_("Countries for texts to verified numbers"),
        required=False,
        help_text=_("Leave empty to allow every country. Countries above are always allowed."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say in each empty choice what it means."""
        super().__init__(*args, **kwargs)
        for name in CHOICES.keys() & self.fields.keys():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", self.unset(name)), *self.choices_of(name).items()]
        for name in FLAGS & self.fields.keys():
            yes_no = [("True", gettext("Yes")), ("False", gettext("No"))]
            self.fields[name].widget = forms.Select(choices=[("", self.unset(name)), *yes_no])

    def unset(self, name: str) -> str:
        """Return what an empty choice means."""
        del name
        return gettext("The level above decides")

    def choices_of(self, name: str) -> dict[str, str]:
        """Return the other choices with their words."""
        return {key: str(words) for key, words in CHOICES[name].choices}

    def clean_methods(self) -> list[str]:
        """Refuse a single method that does not work yet (A26).

        That is email while no test shows that emails can be sent, and approval without a push key.
        """
        methods: list[str] = self.cleaned_data["methods"]
        chosen = set(FIRST).intersection(methods)
        if chosen and chosen <= unready():
            raise forms.ValidationError(NO_KEY)
        if only_email(methods) and not ChannelHealth.load().mail_tested:
            raise forms.ValidationError(NO_MAIL)
        return methods

    def clean_deadline(self) -> Any:
        """Refuse a new deadline that is over already: it would change the requirement at once."""
        return self.in_the_future("deadline")

    def clean_passkeys_from(self) -> Any:
        """Refuse a new date that is over already, so that people see it first."""
        return self.in_the_future("passkeys_from")

    def in_the_future(self, name: str) -> Any:
        """Return a date. Raises ValidationError if it is new and over already."""
        date = self.cleaned_data[name]
        if date and name in self.changed_data and date <= timezone.now():
            raise forms.ValidationError(gettext("Choose a time in the future."))
        return date
