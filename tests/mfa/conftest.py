"""Imports the stations of a login."""

from tests.stations import asked, home, office

__all__ = ["asked", "home", "office"]
