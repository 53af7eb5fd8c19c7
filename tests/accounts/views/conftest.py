"""The stations of a login serve here too."""

from tests.journeys.conftest import asked, home, office, optional

__all__ = ["asked", "home", "office", "optional"]
