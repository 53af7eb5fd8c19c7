"""Imports the stations of a login."""

from tests.journeys.conftest import asked, home, office, optional

__all__ = ["asked", "home", "office", "optional"]
