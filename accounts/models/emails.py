"""Email fields of forms and models, which normalize their values."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

from mfa.rules.emails import Flaw, flaw, normalize

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


class EmailField(models.EmailField[str, str]):
    """A column of normalized addresses. Exact lookups are normalized too."""

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
        return super().formfield(*args, **{"form_class": EmailFormField, **kwargs})


def _normalized(value: Any) -> Any:
    return normalize(value) if isinstance(value, str) else value
