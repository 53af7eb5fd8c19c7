"""Columns whose values have one normal form."""

from typing import Any, TypeVar

from django import forms
from django.db import models

Stored = TypeVar("Stored")


class NormalizedColumn(models.Field[Stored, Stored]):
    """A base for columns that normalize what is stored and what is looked up."""

    form_class: type[forms.Field]

    def normalized(self, value: Any) -> Any:
        """Return the form of a value that is stored."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        """Normalize values from forms, commands and fixtures."""
        return self.normalized(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        """Normalize values of queries."""
        return self.normalized(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 Django's
        """Give the instance the same value as its row."""
        value = self.normalized(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        """Return the form's field."""
        return super().formfield(*args, **{"form_class": self.form_class, **kwargs})
