"""The forms of managers."""

from dataclasses import replace
from datetime import datetime, time

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms.support import SearchForm
from accounts.models import User
from accounts.organizations.rules import Wishes
from mfa.factors import KINDS
from mfa.models.level import MOST_TRUST
from mfa.rules.methods import Method
from mfa.rules.policy import Enforcement

PAST = _("Enter a date in the future.")


class MemberSearchForm(SearchForm):
    """Search the people of one organization."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Leave out what managers cannot search by."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["q"].help_text = _(
            "Part of an email or name, or the last four digits of a phone number."
        )
        self.fields["q"].widget.attrs.pop("autofocus")


class NameForm(forms.ModelForm[User]):
    """The name of a member."""

    class Meta:
        """Never the email (org8)."""

        model = User
        fields = ("full_name",)
        widgets = {"full_name": forms.TextInput(attrs={"autocomplete": "off"})}


# Managers read how a code comes.
LABELS = {Method.PHONE: _("Code by text"), Method.EMAIL: _("Code by email")}


class RulesForm(forms.Form):
    """An organization's rules for two-step verification (D01, D03, D04)."""

    enabled = forms.BooleanField(
        label=_("Enable Multi Factor Authentication (MFA)"), required=False
    )
    methods = forms.MultipleChoiceField(
        label=_("Methods"),
        required=False,
        choices=[(method, LABELS.get(method, kind.words.label)) for method, kind in KINDS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Choose none to allow all methods that the portal allows. If email is the only method: "
            "Anyone who controls the mailbox controls the account. Managers never use email: they "
            "set up another method."
        ),
    )
    opt_out = forms.BooleanField(
        label=_("Allow opt-out"),
        required=False,
        help_text=_("People see a button “Skip for Now” when they are asked to set up MFA."),
    )
    deadline = forms.DateField(
        label=_("Required from"),
        required=False,
        help_text=_("With opt-out: people can skip until this day. They see the date."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    passkeys_from = forms.DateField(
        label=_("Everyone needs a passkey from"),
        required=False,
        help_text=_(
            "People see the date. From that day, other methods only lead to the setup of a passkey."
        ),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    trust_browser_days = forms.IntegerField(
        label=_("Days a person can trust a browser"),
        required=False,
        min_value=0,
        max_value=MOST_TRUST.days,
        help_text=_(
            "In a trusted browser, people log in with just their password. 0 turns it off. If it "
            "is empty, the level above decides. Managers and staff never can."
        ),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            _("Enter a whole number from 0 to 30."),
        ),
    )

    def clean(self) -> None:
        """Refuse a date that says nothing."""
        super().clean()
        deadline = self.cleaned_data.get("deadline")
        if deadline and not self.cleaned_data.get("opt_out"):
            self.add_error("deadline", _("Tick “Allow opt-out”, or clear the date."))
        elif deadline and deadline <= timezone.localdate():
            self.add_error("deadline", PAST)
        day = self.cleaned_data.get("passkeys_from")
        if day and day != self.initial.get("passkeys_from") and day <= timezone.localdate():
            self.add_error("passkeys_from", PAST)

    # What the unticked box means
    unset: Enforcement | None = Enforcement.OFF

    @property
    def wishes(self) -> Wishes:
        """What was chosen."""
        data = self.cleaned_data
        on = Enforcement.OPTIONAL if data["opt_out"] else Enforcement.REQUIRED
        day = data["deadline"]
        start = datetime.combine(day, time.min) if day else None
        return Wishes(
            on if data["enabled"] else self.unset,
            tuple(data["methods"]),
            timezone.make_aware(start) if start else None,
            data["trust_browser_days"],
            data["passkeys_from"],
        )


class SwitchForm(forms.Form):
    """Two-factor for an organization's own people: Yes or No (E03)."""

    two_factor = forms.ChoiceField(
        label=_("Enable two-factor authentication for our employees"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, data: QueryDict | None = None, *, former: Wishes) -> None:
        """Show whether two-factor is on now."""
        self.former = former
        on = former.enforcement is not Enforcement.OFF
        initial = {"two_factor": "yes" if on else "no"}
        super().__init__(data, initial=initial)

    @property
    def is_on(self) -> bool:
        """Whether Yes was chosen."""
        return bool(self.cleaned_data["two_factor"] == "yes")

    @property
    def wishes(self) -> Wishes:
        """The former rules, switched. Yes leaves an opt-out as it is."""
        former = self.former.enforcement
        on = Enforcement.REQUIRED if former is Enforcement.OFF else former
        return replace(self.former, enforcement=on if self.is_on else Enforcement.OFF)


class ClientRulesForm(RulesForm):
    """A partner's rules above those of its client organizations (D03, E11)."""

    unset = None

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Say what the box means for several organizations."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["enabled"].label = _(
            "Require Multi Factor Authentication (MFA) of all client organizations"
        )
        self.fields["enabled"].help_text = _(
            "If this is off, each client organization decides for its own people."
        )


def initial_of(wishes: Wishes) -> dict[str, object]:
    """Return a form's first values."""
    return {
        "enabled": wishes.enforcement not in {None, Enforcement.OFF},
        "methods": list(wishes.methods),
        "opt_out": wishes.enforcement is Enforcement.OPTIONAL,
        "deadline": timezone.localdate(wishes.deadline) if wishes.deadline else None,
        "trust_browser_days": wishes.trust_browser_days,
        "passkeys_from": wishes.passkeys_from,
    }
