"""The admin's form for one policy of an organization."""

from typing import Any

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext

from accounts.models import Organization, OrganizationPolicy
from accounts.organizations import rules
from accounts.organizations.settings import settings_of
from mfa.forms.levels import LevelForm

# The hidden field with a hash of the values that the page has explained
PREVIEWED = "_previewed"


class OrganizationPolicyForm(LevelForm[OrganizationPolicy]):
    """Shows what changes before it saves: the first press of the button only explains."""

    class Meta:
        """The columns, as the page groups them."""

        model = OrganizationPolicy
        fields = (
            "enforcement",
            "deadline",
            "most_skips",
            "skips_until",
            "on_reenable",
            "methods",
            "backup",
            "weaker_ways",
            "passkeys_from",
            "email_codes",
            "recovery_hours",
            "new_device_email",
            "may_close",
            "registration",
            "after_enrollment",
            "number_change",
            "code_life_minutes",
            "session_hours",
            "session_idle_minutes",
            "trust_browser_days",
            "home_region",
            "allow_voip",
            "enroll_countries",
            "text_countries",
            "contact",
        )

    explained = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say beside each field which level decides it now, and what this one may choose."""
        super().__init__(*args, **kwargs)
        explained = settings_of(self.organization, self.instance, tuple(self.fields))
        for name, words in explained.items():
            field = self.fields[name]
            field.help_text = " ".join(filter(None, (str(field.help_text), words)))

    def unset(self, name: str) -> str:
        """Return what an empty choice means. Organizations have a default of their own (K9)."""
        if name != "on_reenable":
            return super().unset(name)
        default = OrganizationPolicy.Reenable(OrganizationPolicy.on_reenable_if_unset)
        return gettext("Default: %s") % default.label

    @property
    def organization(self) -> Organization:
        """The organization whose policy this is."""
        return organization_of(self.instance)

    @property
    def mark(self) -> str:
        """A hash of the values, so that other values are explained again."""
        values = repr(sorted((name, str(value)) for name, value in self.cleaned_data.items()))
        return salted_hmac("accounts.admin.previewed", values, algorithm="sha256").hexdigest()

    def is_valid(self) -> bool:
        """Whether to save: the values are right, and the page has said what they mean."""
        right = super().is_valid()
        said = constant_time_compare(self.data.get(PREVIEWED, ""), self.mark) if right else False
        self.explained = right and bool(self.changed_data) and not said
        return right and not self.explained

    def _post_clean(self) -> None:
        """Refuse rules without effect, and those that leave people no verification method."""
        super()._post_clean()  # type: ignore[misc]  # the stubs lack Django's method
        if self.errors:
            return
        if conflict := rules.conflict_with(self.organization, self.instance):
            self.add_error(conflict.field, str(conflict))
        elif rules.demands_less(self.organization, self.instance):
            self.add_error("enforcement", str(rules.DEMANDS_LESS))


def organization_of(level: OrganizationPolicy) -> Organization:
    """Return the organization of a policy, with its levels."""
    rows = Organization.objects.select_related("own", "for_clients", "parent__for_clients", "site")
    return rows.filter(own=level.pk).first() or rows.get(for_clients=level.pk)
