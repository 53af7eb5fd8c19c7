"""The admin's forms of organizations and memberships."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from accounts import policies
from accounts.models import Membership, Organization, User
from accounts.organizations import authority, details
from mfa.rules.emails import normalize
from mfa.rules.fold import EmptyPolicyError


class ShortNameField(forms.ModelChoiceField[Organization]):
    """An organization, typed by its short name: a list of all would be too long."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    default_error_messages: ClassVar = {
        "invalid_choice": _("No organization has this short name."),
    }

    def __init__(self, **options: Any) -> None:
        """Look up the short name."""
        super().__init__(queryset=Organization.objects.all(), to_field_name="slug", **options)

    def prepare_value(self, value: Any) -> Any:
        """Show the short name of a stored organization."""
        if isinstance(value, int):
            return Organization.objects.filter(pk=value).values_list("slug", flat=True).first()
        return super().prepare_value(value)


class OrganizationForm(forms.ModelForm[Organization]):
    """Name, short name and partner."""

    parent = ShortNameField(
        label=_("Partner"),
        required=False,
        help_text=_(
            "The short name of the organization that has this one as a client. Leave empty for "
            "none."
        ),
    )

    class Meta:
        """The rest of the page has its own buttons."""

        model = Organization
        fields = ("name", "slug", "parent")

    def _post_clean(self) -> None:
        """Refuse a partner whose rules leave people no verification method."""
        super()._post_clean()  # type: ignore[misc]  # the stubs lack Django's method
        if not self.errors and (conflict := details.refuse(self.instance)):
            self.add_error("parent", str(conflict))


class MembershipForm(forms.ModelForm[Membership]):
    """A new membership: a person by email, an organization by short name."""

    email = forms.CharField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The person needs an account already."),
    )
    organization = ShortNameField(label=_("Organization"), help_text=_("Its short name."))

    class Meta:
        """`user` comes from the email."""

        model = Membership
        fields = ("role",)

    # The acting person and the person of the email
    actor: User
    person: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As on our other pages, labels end without a colon."""
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def clean_email(self) -> str:
        """Find the person. Only superusers add staff, and nobody adds themselves (org8)."""
        email = normalize(self.cleaned_data["email"])
        found = User.objects.filter(email=email).first()
        if found is None:
            raise forms.ValidationError(gettext("No account has this email. Add the person first."))
        if not authority.may_add(self.actor, found):
            raise forms.ValidationError(gettext("You can't add yourself or staff."))
        self.person = found
        return email

    def clean(self) -> dict[str, Any]:
        """Refuse a second membership there, and one that leaves the person no method."""
        cleaned = super().clean() or self.cleaned_data
        organization = cleaned.get("organization")
        if organization is None or "email" in self.errors:
            return cleaned
        wanted = Membership(
            user=self.person, organization=organization, role=cleaned.get("role", "")
        )
        if self.person.memberships.filter(organization=organization, ended_at=None).exists():
            self.add_error("email", gettext("This person is a member already."))
        try:
            policies.check_with(self.person, wanted)
        except EmptyPolicyError as error:
            words = gettext("%(email)s would have no verification method left (%(levels)s).")
            names = {"email": self.person.email, "levels": ", ".join(error.levels)}
            self.add_error("organization", words % names)
        return cleaned
