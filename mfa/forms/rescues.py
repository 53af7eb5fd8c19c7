"""The forms by which staff help a person who cannot log in."""

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from mfa import passes, pauses
from mfa.forms.phones import PhoneForm
from mfa.models import plain_text
from mfa.rescue import Identified
from mfa.rules.methods import Method

HELPED_ENOUGH = _(
    "You have paused, reset or changed MFA for ten people today. "
    "Ask a colleague to help this person, or try again tomorrow."
)
TOO_LONG = _("Write at most 200 characters.")


class ReasonForm(forms.Form):
    """Why staff act for a person."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=plain_text.LONGEST_REASON,
        validators=[plain_text.check],
        help_text=_("Recorded in the audit and emailed to the person."),
        error_messages={"required": _("Enter a reason."), "max_length": TOO_LONG},
    )


class PauseForm(ReasonForm):
    """The reason and the duration of a pause."""

    hours = forms.IntegerField(
        label=_("Length (hours)"),
        min_value=1,
        max_value=pauses.MOST_HOURS,
        initial=pauses.USUAL_HOURS,
        help_text=_("Default 24. Maximum 168 (7 days)."),
        error_messages={
            name: _("Enter a whole number from 1 to 168.")
            for name in ("required", "invalid", "min_value", "max_value")
        },
    )


class NumberForm(PhoneForm, ReasonForm):
    """Another number for a person, and the reason."""

    field_order = ("phone", "reason")

    def clean_phone(self) -> str:
        """Return the number. Refuse if the person's policy allows no phones."""
        if Method.PHONE not in self.policy.offered:
            raise forms.ValidationError(gettext("This person's policy allows no phones."))
        return super().clean_phone()


class RecoveryForm(ReasonForm):
    """Why support refuses or shortens the wait after a lost phone."""

    act = forms.ChoiceField(
        label=_("What to do"),
        choices=[
            ("shorten", _("Shorten the wait to one hour from now")),
            ("refuse", _("Refuse the request")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what to do.")},
    )
    field_order = ("act", "reason")


class MakePassForm(ReasonForm):
    """The reason and the life of a one-time pass."""

    minutes = forms.TypedChoiceField(
        label=_("Works for"),
        coerce=int,
        choices=[
            (10, _("10 minutes")),
            (30, _("30 minutes")),
            (60, _("1 hour")),
            (4 * 60, _("4 hours")),
            (passes.MOST_MINUTES, _("8 hours")),
        ],
        initial=30,
        error_messages={
            name: _("Choose how long the pass works.") for name in ("required", "invalid_choice")
        },
    )


class ResetForm(ReasonForm):
    """Why the factors are reset, and how support identified the person."""

    identified = forms.ChoiceField(
        label=_("How you identified the person"),
        choices=[
            (Identified.IN_PERSON, _("In person, with ID")),
            (Identified.MANAGER, _("Confirmed by their manager")),
            (Identified.OTHER, _("Another way")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how you identified the person.")},
    )
    details = forms.CharField(
        label=_("Which other way"),
        required=False,
        help_text=_("Only if you chose “Another way”."),
        max_length=plain_text.LONGEST_REASON,
        validators=[plain_text.check],
        error_messages={"max_length": TOO_LONG},
    )

    def clean(self) -> None:
        """Require details if the person was identified in another way."""
        super().clean()
        another = self.cleaned_data.get("identified") == Identified.OTHER
        if another and not self.cleaned_data.get("details") and "details" not in self.errors:
            self.add_error("details", gettext("Describe how you identified the person."))
