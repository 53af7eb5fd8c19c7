"""What the policies of a change decide about people, from the columns of one query."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from mfa.login.changed_policies import PolicyChange
from mfa.login.conditions import Condition, Parts
from mfa.login.outcomes import outcomes
from mfa.rules.outcomes import NextLogin
from mfa.rules.policy import Policy

# PostgreSQL allows 1,664 columns. Many organizations with different rules take several queries.
MOST_COLUMNS = 500
Ruling = list[tuple[Condition, NextLogin]]


class Decisions:
    """Some changes, each with the outcomes before and after it."""

    def __init__(self, now: datetime) -> None:
        """Start without any."""
        self._now = now
        self._parts = Parts()
        self._changes: list[tuple[Condition, Ruling, Ruling]] = []

    @property
    def columns(self) -> dict[str, object]:
        """The columns to ask the database for."""
        return dict(self._parts.columns)

    @property
    def is_full(self) -> bool:
        """Whether more changes belong in another query."""
        return len(self._parts.columns) >= MOST_COLUMNS

    def add(self, change: PolicyChange) -> None:
        """Decide about the people of one more change."""
        people = self._parts.condition(change.people)
        self._changes.append((people, self._ruling(change.before), self._ruling(change.after)))

    def of(self, values: Sequence[object]) -> tuple[NextLogin, NextLogin]:
        """Return what a login asks before and after. NOTHING twice: no change is about them."""
        for people, *both in self._changes:
            if people.holds(values):
                was, will = (next(to for which, to in one if which.holds(values)) for one in both)
                return was, will
        return NextLogin.NOTHING, NextLogin.NOTHING

    def _ruling(self, policy: Policy) -> Ruling:
        conditions = outcomes(policy, self._now)
        return [(self._parts.condition(which), outcome) for which, outcome in conditions]


def decisions_about(changes: Iterable[PolicyChange], now: datetime) -> list[Decisions]:
    """Return the decisions of all changes, in as few queries as they need."""
    found: list[Decisions] = []
    for change in changes:
        if not found or found[-1].is_full:
            found.append(Decisions(now))
        found[-1].add(change)
    return found
