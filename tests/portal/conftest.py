"""The stations of a login, as in the journeys."""

from tests.journeys.conftest import asked, enrolling, home, office, optional, proving, ruling

__all__ = ["asked", "enrolling", "home", "office", "optional", "proving", "ruling"]
