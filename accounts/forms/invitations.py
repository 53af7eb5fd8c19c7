"""The form of an invitation."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.mailboxes import short_enough
from accounts.models import Invitation, Membership


class InvitationForm(forms.ModelForm[Invitation]):
    """An address, a name, and the role for those who may give it."""

    class Meta:
        """Nothing else is read from the request."""

        model = Invitation
        fields = ("email", "full_name", "role")
        widgets = {
            "email": forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            "full_name": forms.TextInput(attrs={"autocomplete": "off"}),
            "role": forms.RadioSelect,
        }
        error_messages = {"email": {"required": _("Enter an email address.")}}

    def __init__(
        self, data: Mapping[str, str] | None, *, roles: bool, instance: Invitation | None = None
    ) -> None:
        """Offer the role only with `roles`."""
        super().__init__(data, instance=instance)
        if not roles:
            del self.fields["role"]
            return
        role = self.fields["role"]
        role.required, role.initial = False, Membership.Role.MEMBER
        role.help_text = _("Managers look after the people and set the rules.")
        role.choices = [  # type: ignore[attr-defined]
            (Membership.Role.MEMBER, _("Member")),
            (Membership.Role.MANAGER, _("Manager")),
        ]

    def clean_email(self) -> str:
        """Refuse an address that is too long for the column."""
        return short_enough(str(self.cleaned_data["email"]))

    def validate_unique(self) -> None:
        """An address that was invited before is invited again."""

    @property
    def role(self) -> str:
        """The chosen role, or member."""
        return str(self.cleaned_data.get("role") or Membership.Role.MEMBER)
