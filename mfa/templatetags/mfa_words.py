"""Filters that show stored codes in the reader's language."""

from collections.abc import Iterable
from datetime import datetime

from django import template
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _, ngettext

from mfa import channels, countries, spans
from mfa.client import device_of
from mfa.factors import KINDS, Kind
from mfa.login.policy_words import OUTCOMES
from mfa.login.redirects import account_page
from mfa.models import Factor, Reason, SendBlock, SitePolicy, SmsAccount
from mfa.models.plain_text import unlinked
from mfa.rules.methods import ChannelName, Method
from mfa.rules.outcomes import NextLogin
from mfa.sessions.ends import end_of
from mfa.sessions.proofs import aal_of

register = template.Library()

# The prefix of the SMS account's fields on the account policy page
SMS = "sms_"


@register.filter
def policy_fields(names: Iterable[str]) -> str:
    """Return the labels of account policy fields."""
    return ", ".join(map(_policy_field, names))


@register.filter
def moment(written: str) -> datetime | None:
    """Read a moment that a message's context holds as text."""
    return parse_datetime(written)


@register.simple_tag
def ago(at: datetime) -> SafeString:
    """Return how long ago something was, in a `time` element."""
    recent = timezone.now() - at < spans.MINUTE
    words = _("just now") if recent else _("%(gone)s ago") % {"gone": spans.since(at)}
    moment = localtime(at).strftime("%Y-%m-%dT%H:%M:%S%z")
    return format_html('<time datetime="{}">{}</time>', moment, words)


register.filter("since", spans.since)
register.filter("left", spans.left)


@register.filter
def powers(names: Iterable[str]) -> str:
    """Return permissions in words."""
    return ", ".join(map(_power, names))


@register.simple_tag(takes_context=True)
def fault_words(context: template.Context) -> str:
    """Return why a text failed, in words for administrators."""
    fault = context.get("fault", "")
    if fault not in Reason.values:
        # Rows of former versions hold the words.
        return str(context.get("explanation", fault))
    code = str(context.get("fault_code", ""))
    return channels.get(ChannelName.SMS).explain(Reason(fault), code)


@register.simple_tag(takes_context=True)
def aal(context: template.Context) -> int:
    """Return the AAL of the reader's login: 0 before it, then 1 or 2."""
    return aal_of(context["request"].session)


@register.simple_tag(takes_context=True)
def seconds_left(context: template.Context) -> int:
    """Return the seconds until the reader's login ends if nothing extends it."""
    request = context["request"]
    end = end_of(request.session, request.user)
    return max(0, int((end.at - timezone.now()).total_seconds())) if end else 0


@register.simple_tag
def account_url(page: str, *args: object) -> str:
    """Return the address of a page of the project's accounts, such as "details" or "home"."""
    match page:
        case "home":
            return resolve_url(settings.LOGIN_REDIRECT_URL)
        case "login":
            return resolve_url(settings.LOGIN_URL)
    return reverse(account_page(page), args=args)


@register.filter
def country_name(region: str) -> str:
    """Return the name of a country."""
    return countries.name_of(region)


@register.filter
def asker(scope: str | None) -> str:
    """Return the account or network of a send block, or "" if it blocks numbers."""
    return SendBlock(scope=scope or "").asker


@register.filter
def device(user_agent: str) -> str:
    """Return browser and system in our words."""
    return device_of(user_agent)


@register.filter
def factor_words(factor: int | str) -> str:
    """Return a factor's name by its id. Rows of former versions hold the name itself."""
    if isinstance(factor, str):
        return unlinked(factor)
    held = Factor.objects.filter(pk=factor).first()
    if held is None:
        return _("second step")
    # Only the name of an app or passkey is the person's own text.
    return held.masked if held.target else unlinked(held.masked)


@register.filter
def about_kind(factor: Factor) -> Kind:
    """Return what the portal knows about the kind of a factor."""
    return KINDS[Method(factor.kind)]


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
            return label_of(get_user_model(), name)


def _policy_field(name: str) -> str:
    if name.startswith(SMS):
        return label_of(SmsAccount, name.removeprefix(SMS))
    return label_of(SitePolicy, name)


def label_of(model: type[models.Model], name: str) -> str:
    """Return the label of a model's field, or the name of a field that is no more."""
    try:
        field = model._meta.get_field(name)  # noqa: SLF001 - Django's public API
    except FieldDoesNotExist:
        return name
    return str(getattr(field, "verbose_name", name))


@register.filter
def outcome_words(outcome: str) -> str:
    """Return what a person's next login asks."""
    return str(OUTCOMES[NextLogin(outcome)])
