"""Conditions about people whose parts are columns of one query.

The database finds each different part once, and Python decides. Many conditions then cost hardly
more than one.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.hashable import make_hashable


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, with the numbers of its parts."""

    parts: "tuple[Condition | int, ...]"
    needs_all: bool
    negated: bool

    def holds(self, values: Sequence[object]) -> bool:
        """Whether it is true of a person. An unknown value is false, as in a filter."""
        found = (
            bool(values[part]) if isinstance(part, int) else part.holds(values)
            for part in self.parts
        )
        return (all(found) if self.needs_all else any(found)) is not self.negated


class Parts:
    """The different parts of some conditions."""

    def __init__(self) -> None:
        """Start without any."""
        self._numbers: dict[Hashable, int] = {}
        self.columns: dict[str, ExpressionWrapper[Q]] = {}

    def condition(self, which: Q) -> Condition:
        """Return a condition about values in the order of `columns`."""
        parts = tuple(
            self.condition(part) if isinstance(part, Q) else self._number(part)
            for part in which.children
        )
        return Condition(parts, which.connector == Q.AND, which.negated)

    def _number(self, part: Any) -> int:
        key = make_hashable(part)
        if key not in self._numbers:
            self._numbers[key] = number = len(self._numbers)
            self.columns[f"part{number}"] = ExpressionWrapper(Q(part), BooleanField())
        return self._numbers[key]
