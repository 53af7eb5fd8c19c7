"""States, times and filters of the lists, in words."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from mfa.models import Event
from mfa.models.message_words import CHANNELS, MESSAGES

# The most digits of an id that a column can hold
LONGEST_ID = 18


# No value. On a phone, the cards of a list leave it out.
NOTHING = mark_safe('<span class="empty">-</span>')


def label(tone: str, words: object) -> SafeString:
    """Return a state as a colored label: good, bad, warning or quiet."""
    return format_html('<span class="label label-{}">{}</span>', tone, capfirst(str(words)))


def when(at: datetime | None) -> SafeString:
    """Return a moment as all pages write it."""
    if at is None:
        return NOTHING
    here = localtime(at)
    return format_html(
        '<time datetime="{}">{}</time>',
        here.isoformat(timespec="seconds"),
        date_format(here, "j M Y, H:i T"),
    )


def audit_of(number: int) -> str:
    """Return the address of the audit of one person."""
    return f"{reverse('admin:mfa_auditevent_changelist')}?person={number}"


def audit_of_event(event: Event) -> str:
    """Return the address of the audit of one kind of event."""
    return f"{reverse('admin:mfa_auditevent_changelist')}?event={event.value}"


class WordFilter(admin.SimpleListFilter):
    """A filter by a stored key that shows the key's words."""

    words: ClassVar[dict[Any, Any]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """All keys with their words."""
        return [(str(key), words) for key, words in self.words.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows with the chosen key."""
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class EventFilter(WordFilter):
    """By what happened."""

    title, parameter_name = _("event"), "event"
    words = {event.value: event.told for event in Event}


class MessageFilter(WordFilter):
    """By the message."""

    title, parameter_name = _("message"), "message"
    words = MESSAGES


class ChannelFilter(WordFilter):
    """By how it was sent."""

    title, parameter_name = _("channel"), "channel"
    words = CHANNELS


class PersonFilter(admin.SimpleListFilter):
    """By one person. Only links on the person's page set it, so it offers only that person."""

    title, parameter_name = _("person"), "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The person in the URL, if any."""
        number = self.value()
        if not number:
            return []
        if not (number.isascii() and number.isdecimal() and len(number) <= LONGEST_ID):
            raise IncorrectLookupParameters
        person = get_user_model().objects.filter(pk=number).first()
        return [(number, str(person or number))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of that person."""
        number = self.value()
        return queryset.filter(user=number) if number else queryset
