"""The stations of a login, for the verbs' tests."""

from tests.stations import asked, home, office

__all__ = ["asked", "home", "office"]
