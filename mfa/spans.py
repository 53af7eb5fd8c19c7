"""Spans of time in words, in the reader's language."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext

MINUTE = timedelta(minutes=1)


def since(at: datetime) -> str:
    """Return how long ago a moment was, such as "5 minutes"."""
    return _short() if timezone.now() - at < MINUTE else timesince(at)


def left(until: datetime) -> str:
    """Return how long it is until a moment."""
    return _short() if until - timezone.now() < MINUTE else timeuntil(until)


def _short() -> str:
    # Django says "0 minutes".
    return gettext("less than a minute")
