"""The form for an email address that gets codes, and the field for addresses."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext, gettext_lazy as _

from mfa import channels
from mfa.rules.emails import Flaw, flaw, normalize
from mfa.rules.methods import ChannelName
from mfa.rules.policy import Policy

FLAWS = {
    Flaw.NAME: _(
        "Before the @, an email address can have only letters from a to z, digits and signs such "
        "as . _ + -. Check it, or use another address."
    ),
    Flaw.DOMAIN: _("No email can reach this address. Check the part after the @."),
}


def validate(email: str) -> None:
    """Raise ValidationError for an undeliverable address."""
    if fault := flaw(email):
        raise ValidationError(FLAWS[fault], code=fault)
    validate_email(email)


class EmailFormField(forms.EmailField):
    """An email address as people type or paste it."""

    default_validators = [validate]

    def to_python(self, value: Any) -> str:
        """Return the normalized address."""
        return normalize(super().to_python(value) or "")


class NewEmailForm(forms.Form):
    """An address that gets login codes (D12)."""

    email = EmailFormField(
        label=_("Email"),
        error_messages={"required": _("Enter your email.")},
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "spellcheck": "false", "autofocus": True}
        ),
    )

    def __init__(self, *args: object, policy: Policy, **kwargs: object) -> None:
        """Store the policy, which knows whether emails can be sent."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.policy = policy

    def clean_email(self) -> str:
        """Return the address, if an email can be sent now."""
        rests = ChannelName.EMAIL in self.policy.resting
        if rests or not channels.available(ChannelName.EMAIL):
            words = gettext("We can't send emails right now. Try again later, or ask %(contact)s.")
            contact = self.policy.contact or gettext("your administrator")
            raise ValidationError(words % {"contact": contact}, code="resting")
        return str(self.cleaned_data["email"])
