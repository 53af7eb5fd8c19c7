"""Username fields of forms and models, and the field for a login name."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.normalized import NormalizedColumn
from mfa.rules import emails, login_names

LONGEST = 150
# No @: a login name with one is an email (K3).
validate = RegexValidator(r"^[\w.+-]+\Z", _("Use letters, digits and . + - _ only."))


class UsernameFormField(forms.CharField):
    """A username as people type or paste it."""

    default_validators = [validate]

    def to_python(self, value: Any) -> Any:
        """Return the normalized username, or None for an empty one of a person."""
        typed = super().to_python(value)
        return login_names.normalize(typed) if typed else typed


class LoginNameField(forms.CharField):
    """An email or a username. Nothing tells which of them exist."""

    def to_python(self, value: Any) -> str:
        """Return the normalized email or username."""
        typed = super().to_python(value) or ""
        is_email = login_names.is_email(typed)
        return (emails.normalize if is_email else login_names.normalize)(typed)


class UsernameField(NormalizedColumn[Any], models.CharField[Any, Any]):
    """A column of normalized usernames. Exact lookups are normalized too. Empty means None."""

    default_validators = [validate]
    form_class = UsernameFormField

    def normalized(self, value: Any) -> Any:
        """Return a username as it is stored."""
        return login_names.normalize(value) or None if isinstance(value, str) else value
