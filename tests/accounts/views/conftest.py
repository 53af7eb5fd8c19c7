"""Imports the stations of a login."""

from tests.journeys.conftest import asked, home, managing, office, optional

__all__ = ["asked", "home", "managing", "office", "optional"]
