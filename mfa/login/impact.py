"""Impact: who a changed policy affects, counted by SQL before it is saved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, Max, OuterRef, Q, QuerySet

from mfa.login.changed_policies import PolicyChange, changes_of
from mfa.login.decisions import Decisions, decisions_about
from mfa.models import Pause, Session, SitePolicy, Status
from mfa.models.cohorts import Cohort, has_any
from mfa.models.jit import compile_nothing, sort_in_memory
from mfa.rules.methods import Method
from mfa.rules.outcomes import NextLogin

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
        self._decisions = decisions_about(changes, now)

    @transaction.atomic
    def count(self) -> dict[NextLogin, Affected]:
        """Count them by what their next login asks after the change."""
        compile_nothing()
        sort_in_memory()
        found: dict[NextLogin, Affected] = defaultdict(Affected)
        for decisions in self._decisions:
            for *values, numbered, active, people in self._grouped(decisions):
                was, will = decisions.of(values)
                if was is not will:
                    numberless = 0 if numbered else people
                    found[will] += Affected(people, numberless, people if active else 0)
        return dict(found)

    def people(self, after: int = 0) -> Iterator[Any]:
        """Return them by id from above an id, with `was`, `will`, `numbered` and `active`."""
        last, span = self._last(), IDS_AT_ONCE
        # Reads ranges of ids, so that the first page does not wait for the facts of everyone.
        while after < last:
            between = Q(pk__gt=after, pk__lte=after + span)
            found = [person for each in self._decisions for person in self._some(each, between)]
            yield from sorted(found, key=attrgetter("pk"))
            after, span = after + span, min(2 * span, MOST_IDS_AT_ONCE)

    @transaction.atomic
    def page(self, after: int = 0) -> tuple[list[Any], int | None]:
        """Return one page of them, and the id that the next page starts above."""
        compile_nothing()
        found = list(islice(self.people(after), PER_PAGE + 1))
        more = len(found) > PER_PAGE
        return found[:PER_PAGE], found[PER_PAGE - 1].pk if more else None

    def _some(self, decisions: Decisions, between: Q) -> Iterator[Any]:
        columns = tuple(decisions.columns)
        for person in self._rows(decisions, get_user_model().objects.filter(between)):
            person.was, person.will = decisions.of([getattr(person, name) for name in columns])
            if person.was is not person.will:
                yield person

    def _grouped(self, decisions: Decisions) -> list[tuple[Any, ...]]:
        """Return how many people have the same values."""
        rows = self._rows(decisions, get_user_model().objects.values("pk"))
        sql, params = rows.query.sql_with_params()
        names = ", ".join((*decisions.columns, *FIGURES))
        with connection.cursor() as cursor:
            # Our own names, and SQL that Django made
            counted = f"SELECT {names}, COUNT(*) FROM ({sql}) AS people GROUP BY {names}"  # noqa: S608
            cursor.execute(counted, params)
            return list(cursor.fetchall())

    def _rows(self, decisions: Decisions, people: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        """Return the people who can log in, with the parts of all conditions."""
        model = get_user_model()
        paused = Pause.objects.honored(self.now).filter(user=OuterRef("pk"))
        sessions = Session.objects.logged_in(self.now).filter(user=OuterRef("pk"))
        able = people.filter(self._among, model.able_to_log_in(self.now)).exclude(Exists(paused))
        numbered = ExpressionWrapper(NUMBERED, BooleanField())
        found: QuerySet[Any, Any] = able.annotate(
            **decisions.columns, numbered=numbered, active=Exists(sessions)
        )
        return found

    def _last(self) -> int:
        return get_user_model().objects.aggregate(last=Max("pk"))["last"] or 0


@dataclass(frozen=True, slots=True)
class Later:
    """What a change means from one of its dates on."""

    day: datetime
    impact: Impact


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
