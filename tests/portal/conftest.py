"""Imports the stations of a login."""

from tests.journeys.conftest import asked, enrolling, home, office, optional, proving, ruling

__all__ = ["asked", "enrolling", "home", "office", "optional", "proving", "ruling"]
