"""Username fields of forms and models, and the field for a login name."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

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


class UsernameField(models.CharField[Any, Any]):
    """A column of normalized usernames. Exact lookups are normalized too. Empty means None."""

    default_validators = [validate]

    def to_python(self, value: Any) -> Any:
        """Normalize values from forms, commands and fixtures."""
        return _normalized(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        """Normalize values of queries."""
        return _normalized(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 Django's
        """Give the instance the same value as its row."""
        value = _normalized(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        """Return the form's field."""
        return super().formfield(*args, **{"form_class": UsernameFormField, **kwargs})


def _normalized(value: Any) -> Any:
    return login_names.normalize(value) or None if isinstance(value, str) else value
