"""Imports the stations of a login."""

from tests.journeys.conftest import optional
from tests.stations import (
    asked,
    backing_up,
    enrolling,
    expired,
    finishing,
    home,
    office,
    proving,
    recovering,
    skipped,
    stranger,
)

__all__ = [
    "asked",
    "backing_up",
    "enrolling",
    "expired",
    "finishing",
    "home",
    "office",
    "optional",
    "proving",
    "recovering",
    "skipped",
    "stranger",
]
