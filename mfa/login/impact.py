"""Impact: who a changed policy affects, counted by SQL before it is saved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, Max, OuterRef, Q, QuerySet

from mfa.login.changed_policies import PolicyChange, changes_of
from mfa.login.conditions import Condition, Parts
from mfa.login.outcomes import outcomes
from mfa.models import Pause, Session, SitePolicy, Status
from mfa.models.cohorts import Cohort, has_any
from mfa.models.jit import compile_nothing, sort_in_memory
from mfa.rules.methods import Method
from mfa.rules.outcomes import NextLogin
from mfa.rules.policy import Policy

PER_PAGE = 50
# The ranges of ids in which people are looked for: the first, and the largest
IDS_AT_ONCE, MOST_IDS_AT_ONCE = 500, 8000
NUMBERED = has_any("factors", ~Q(factors__status=Status.REVOKED) & Q(factors__kind=Method.PHONE))
FIGURES = ("numbered", "active")
EVERYONE = Q()


@dataclass(frozen=True, slots=True)
class Affected:
    """A number of people with the same new outcome.

    `without_number` have no phone number on their account.
    """

    people: int = 0
    without_number: int = 0
    logged_in: int = 0

    def __add__(self, other: "Affected") -> "Affected":
        """Return both together."""
        return Affected(
            self.people + other.people,
            self.without_number + other.without_number,
            self.logged_in + other.logged_in,
        )


class Impact:
    """The people whose next login a change makes different."""

    def __init__(self, changes: Sequence[PolicyChange], now: datetime, among: Q) -> None:
        """All of them satisfy `among`, so the database reads no others."""
        self.changes, self.now, self._among = changes, now, among
        self._parts = Parts()
        self._decisions = [
            (
                self._parts.condition(change.people),
                self._outcomes(change.before),
                self._outcomes(change.after),
            )
            for change in changes
        ]

    @transaction.atomic
    def count(self) -> dict[NextLogin, Affected]:
        """Count them by what their next login asks after the change."""
        compile_nothing()
        sort_in_memory()
        found: dict[NextLogin, Affected] = defaultdict(Affected)
        for *values, numbered, active, people in self._grouped():
            was, will = self._decide(values)
            if was is not will:
                numberless = 0 if numbered else people
                found[will] += Affected(people, numberless, people if active else 0)
        return dict(found)

    def people(self, after: int = 0) -> Iterator[Any]:
        """Return them by id from above an id, with `was`, `will`, `numbered` and `active`."""
        rows = self._rows(get_user_model().objects.order_by("pk"))
        last, span = self._last(), IDS_AT_ONCE
        # Reads ranges of ids, so that the first page does not wait for the facts of everyone.
        while after < last:
            for person in rows.filter(pk__gt=after, pk__lte=after + span):
                values = [getattr(person, name) for name in self._parts.columns]
                person.was, person.will = self._decide(values)
                if person.was is not person.will:
                    yield person
            after, span = after + span, min(2 * span, MOST_IDS_AT_ONCE)

    @transaction.atomic
    def page(self, after: int = 0) -> tuple[list[Any], int | None]:
        """Return one page of them, and the id that the next page starts above."""
        compile_nothing()
        found = list(islice(self.people(after), PER_PAGE + 1))
        more = len(found) > PER_PAGE
        return found[:PER_PAGE], found[PER_PAGE - 1].pk if more else None

    def _outcomes(self, policy: Policy) -> list[tuple[Condition, NextLogin]]:
        conditions = outcomes(policy, self.now)
        return [(self._parts.condition(which), outcome) for which, outcome in conditions]

    def _decide(self, values: Sequence[object]) -> tuple[NextLogin, NextLogin]:
        """Return what the login of a person asks before and after. NOTHING twice: no change."""
        for people, *both in self._decisions:
            if people.holds(values):
                was, will = (next(to for which, to in one if which.holds(values)) for one in both)
                return was, will
        return NextLogin.NOTHING, NextLogin.NOTHING

    def _grouped(self) -> list[tuple[Any, ...]]:
        """Return how many people have the same values."""
        if not self.changes:
            return []
        rows = self._rows(get_user_model().objects.values("pk"))
        sql, params = rows.query.sql_with_params()
        names = ", ".join((*self._parts.columns, *FIGURES))
        with connection.cursor() as cursor:
            # Our own names, and SQL that Django made
            counted = f"SELECT {names}, COUNT(*) FROM ({sql}) AS people GROUP BY {names}"  # noqa: S608
            cursor.execute(counted, params)
            return list(cursor.fetchall())

    def _rows(self, people: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        """Return the people who can log in, with the parts of all conditions."""
        model = get_user_model()
        paused = Pause.objects.honored(self.now).filter(user=OuterRef("pk"))
        sessions = Session.objects.logged_in(self.now).filter(user=OuterRef("pk"))
        able = people.filter(self._among, model.able_to_log_in(self.now)).exclude(Exists(paused))
        numbered = ExpressionWrapper(NUMBERED, BooleanField())
        found: QuerySet[Any, Any] = able.annotate(
            **self._parts.columns, numbered=numbered, active=Exists(sessions)
        )
        return found

    def _last(self) -> int:
        if not self.changes:
            return 0
        return get_user_model().objects.aggregate(last=Max("pk"))["last"] or 0


def of(
    before: SitePolicy,
    after: SitePolicy,
    now: datetime,
    cohorts: Iterable[Cohort] | None = None,
    *,
    among: Q = EVERYONE,
) -> Impact:
    """Return the impact of a change to the site's policy, or to the levels of cohorts.

    The user model names the cohorts of all people (AbstractMfaUser.cohorts).
    """
    if cohorts is None:
        cohorts = get_user_model().cohorts()
    return Impact(changes_of(before, after, cohorts), now, among)
