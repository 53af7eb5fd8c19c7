"""Filters that put stored codes into the reader's language."""

from collections.abc import Iterable

from django import template
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _, ngettext

from mfa import channels, countries
from mfa.models import AccountPolicy, Brake, Factor, Reason
from mfa.origin import device_of
from mfa.plain_text import unlinked
from mfa.rules.routes import ChannelName

register = template.Library()


@register.filter
def policy_fields(names: Iterable[str]) -> str:
    """Name fields of the account policy by their labels."""
    return ", ".join(_label(AccountPolicy, name) for name in names)


@register.filter
def powers(names: Iterable[str]) -> str:
    """Name powers in words."""
    return ", ".join(map(_power, names))


@register.simple_tag(takes_context=True)
def fault_words(context: template.Context) -> str:
    """Say what stopped a text, in words for administrators."""
    fault = context.get("fault", "")
    if fault not in Reason.values:
        # Rows of former versions hold the words.
        return str(context.get("explanation", fault))
    code = str(context.get("fault_code", ""))
    return channels.get(ChannelName.SMS).explain(Reason(fault), code)


@register.filter
def country_name(region: str) -> str:
    """Name a country by its letters."""
    return countries.name_of(region)


@register.filter
def asker(scope: str | None) -> str:
    """Name the account or network that a send block holds, "" where it holds numbers."""
    return Brake(scope=scope or "").asker


@register.filter
def device(user_agent: str) -> str:
    """Name browser and system in words of ours."""
    return device_of(user_agent)


@register.filter
def factor_words(factor: int | str) -> str:
    """Name a factor by its id; rows of former versions hold its words. People name their apps."""
    if isinstance(factor, str):
        return unlinked(factor)
    held = Factor.objects.filter(pk=factor).first()
    return unlinked(held.masked) if held else _("second step")


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
