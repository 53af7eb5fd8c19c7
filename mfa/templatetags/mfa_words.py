"""Filters that put stored codes into the reader's language."""

from collections.abc import Iterable

from django import template
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _, ngettext

from mfa.models import AccountPolicy
from mfa.plain_text import unlinked

register = template.Library()


@register.filter
def policy_fields(names: Iterable[str]) -> str:
    """Name fields of the account policy by their labels."""
    return ", ".join(_label(AccountPolicy, name) for name in names)


@register.filter
def powers(names: Iterable[str]) -> str:
    """Name powers in words."""
    return ", ".join(map(_power, names))


def _power(name: str) -> str:
    kind, _colon, what = name.partition(":")
    match kind:
        case "group":
            return _("member of the group %s") % unlinked(what)
        case "permission":
            return _("permission %s") % what
        case "members":
            return ngettext("%d member", "%d members", int(what)) % int(what)
        case _:
            return _label(get_user_model(), name)


def _label(model: type[models.Model], name: str) -> str:
    try:
        field = model._meta.get_field(name)  # noqa: SLF001 - Django's public API
    except FieldDoesNotExist:
        return name
    return str(getattr(field, "verbose_name", name))
