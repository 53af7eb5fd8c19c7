"""Passwords: the check of the shortest one, and what a logged-in person must repeat."""

import pytest

from accounts.passwords import LONGEST, MaximumLengthValidator, check_length


@pytest.mark.parametrize(
    ("least", "found"),
    [
        (0, ["accounts.E001"]),
        (7, ["accounts.E001"]),
        (8, ["accounts.W001"]),
        (14, ["accounts.W001"]),
        (15, []),
        (64, []),
    ],
)
def test_the_shortest_password_has_its_bounds(settings, least: int, found: list[str]) -> None:
    """PW-01: never under 8, and a warning under 15."""
    settings.PASSWORD_MIN_LENGTH = least
    assert [message.id for message in check_length()] == found


def test_the_longest_password_is_said() -> None:
    """PW-03."""
    assert str(LONGEST) in MaximumLengthValidator().get_help_text()
