"""The form of a person's page."""

from django import forms
from django.utils.translation import gettext

from accounts.models import User


class PersonForm(forms.ModelForm[User]):
    """A person's details, the dates of the account, and permissions."""

    def clean(self) -> dict[str, object]:
        """Refuse dates that never let the person in, and any dates for a superuser.

        An installation whose last superuser expired could not be repaired in the admin.
        """
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("valid_from"), cleaned.get("valid_until")
        superuser = cleaned.get("is_superuser", self.instance.is_superuser)
        for name, date in (("valid_from", start), ("valid_until", end)):
            if superuser and date:
                self.add_error(name, gettext("A superuser's account has no dates. Remove this."))
        if start and end and end <= start and not superuser:
            self.add_error("valid_until", gettext("Choose a date after “valid from”."))
        return cleaned
