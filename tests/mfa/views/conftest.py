"""The stations of a login, as in the journeys."""

from tests.journeys.conftest import optional
from tests.stations import (
    asked,
    backing_up,
    enrolling,
    finishing,
    home,
    office,
    proving,
    recovering,
)

__all__ = [
    "asked",
    "backing_up",
    "enrolling",
    "finishing",
    "home",
    "office",
    "optional",
    "proving",
    "recovering",
]
