"""The bars of the enrollment plot: numbers for an SVG, which the server draws."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.organizations.enrollment import Day, State

# The plot's own units: a day's slot with its bar, and the height of the tallest bar
SLOT, WIDTH, HEIGHT = 20, 14, 1000


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of a bar for one state."""

    state: State
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One day, also if it has no parts."""

    day: Day
    x: int
    parts: tuple[Segment, ...]


def bars_of(days: list[Day]) -> list[Bar]:
    """Return a bar for each day, all on the scale of the tallest."""
    most = max((day.total for day in days), default=0) or 1
    return [
        Bar(day, place * SLOT + (SLOT - WIDTH) // 2, tuple(_parts(day, most)))
        for place, day in enumerate(days)
    ]


def _parts(day: Day, most: int) -> Iterator[Segment]:
    """Stack the states from the bottom. Each edge is rounded, so no gap opens."""
    below = 0
    for state, number in day.people.items():
        bottom, top = _height(below, most), _height(below + number, most)
        if number:
            yield Segment(state, HEIGHT - top, top - bottom)
        below += number


def _height(number: int, most: int) -> int:
    return round(number * HEIGHT / most)
