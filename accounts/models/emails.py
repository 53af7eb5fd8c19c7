"""The column for email addresses, which normalizes them."""

from typing import Any

from django.db import models

from accounts.models.normalized import NormalizedColumn
from mfa.forms.emails import EmailFormField, validate
from mfa.rules.emails import normalize


class EmailField(NormalizedColumn[str], models.EmailField[str, str]):
    """A column of normalized addresses. Exact lookups are normalized too."""

    default_validators = [validate]
    form_class = EmailFormField

    def normalized(self, value: Any) -> Any:
        """Return an address as it is stored."""
        return normalize(value) if isinstance(value, str) else value
