"""The column for email addresses, which normalizes them."""

from typing import Any

from django.db import models

from mfa.forms.emails import EmailFormField, validate
from mfa.rules.emails import normalize


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
