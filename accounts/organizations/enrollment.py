"""The enrollment report: how far an organization's people are with their second step, by day."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from django.db.models import (
    Case,
    Count,
    Exists,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import TruncDate
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Membership, Organization, User
from accounts.organizations import rules
from accounts.organizations.managers import Manager
from mfa.files import Columns, Row
from mfa.models import Factor, Status
from mfa.rules.methods import FIRST, WAYS, Method

# A month: long enough to see whether a reminder helped
DAYS = 30


@dataclass(frozen=True, slots=True)
class State:
    """What a person has done about the second step."""

    value: str
    label: Promise

    @property
    def words(self) -> str:
        """The heading of the column."""
        return capfirst(str(self.label))


SKIPPED, NOT_YET = State("skipped", _("skipped")), State("not_yet", _("not set up"))
# Each person is in one state, the best first: a kind of factor, or what people without one did
STATES = (*(State(method, Factor.Kind(method).label) for method in FIRST), SKIPPED, NOT_YET)


@dataclass(frozen=True, slots=True)
class Day:
    """How many people were in each state when a day ended. Today is not over.

    `holders` counts the people who had each method. Those with several count for each.
    """

    day: date
    people: dict[State, int]
    holders: dict[Method, int]
    finished: bool

    @property
    def total(self) -> int:
        """All people of the day."""
        return sum(self.people.values())

    @property
    def shares(self) -> list[tuple[str, int, int]]:
        """Return the name of each method, how many people have it, and how many in a hundred."""
        return [
            (name_of(method), number, round(100 * number / (self.total or 1)))
            for method, number in self.holders.items()
        ]


def days_of(
    actor: User | None, organization: Organization, *, zone: tzinfo, now: datetime
) -> list[Day]:
    """Count the people that the manager sees by state, for the last 30 days of a time zone.

    Each day ends at the zone's midnight. It counts people who belong to the organization now, by
    the factors that its rules count now.
    """
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    people: dict[date, Counter[State]] = {day: Counter() for day in days}
    holders: dict[date, Counter[str]] = {day: Counter() for day in days}
    for number, joined, reached in _groups(actor, organization, days[0], zone):
        for day in days:
            if joined <= day:
                done = [each for each, since in reached.items() if since and since <= day]
                people[day][_state(done)] += number
                holders[day].update(dict.fromkeys(done, number))
    return [
        Day(
            day,
            {state: people[day][state] for state in STATES},
            {method: holders[day][method] for method in WAYS},
            finished=day < today,
        )
        for day in days
    ]


def columns() -> Columns:
    """Return the headings of the report as a file."""
    return {
        "organization": gettext("Organization"),
        "day": gettext("Day"),
        **{state.value: state.words for state in STATES},
        **{f"has_{method}": gettext("Has: %s") % name_of(method) for method in WAYS},
        "finished": gettext("Day is over"),
    }


def rows(organization: Organization, days: Iterable[Day]) -> Iterator[Row]:
    """Return the report as the rows of a file."""
    for each in days:
        yield (
            organization.name,
            each.day.isoformat(),
            *each.people.values(),
            *each.holders.values(),
            gettext("yes") if each.finished else gettext("no"),
        )


def name_of(method: Method) -> str:
    """Return the name of a method as a heading."""
    return str(capfirst(Factor.Kind(method).label))


def without_number(actor: User, organization: Organization) -> int:
    """Count the people without a phone number, who need one for codes by text (E01)."""
    phones = Factor.objects.not_revoked().filter(user=OuterRef("user"), kind=Method.PHONE)
    return Manager(actor).members(organization).filter(~Exists(phones)).count()


def _state(done: Collection[str]) -> State:
    return next((state for state in STATES if state.value in done), NOT_YET)


def _groups(
    actor: User | None, organization: Organization, first: date, zone: tzinfo
) -> Iterator[tuple[int, date, dict[str, date | None]]]:
    """Yield how many people share the same days: joined, skipped, and set up each method.

    After the look-up of the organization it is one statement. Earlier days count as the first, so
    the groups stay few.
    """
    opened = datetime.combine(first, time.min, tzinfo=zone)

    def day(moment: str) -> Case:
        earlier = When(**{f"{moment}__lt": opened}, then=Value(first))
        return Case(earlier, default=TruncDate(moment, tzinfo=zone))

    policy = rules.policy_with(organization, organization.own)
    used = {SKIPPED.value, *policy.methods}
    forgotten, again = policy.skips_from, policy.enroll_again_from
    counts = Q(user__skipped_at__gt=forgotten) if forgotten else Q(user__skipped_at__isnull=False)
    people = (Manager(actor).members(organization) if actor else _all(organization)).order_by()
    # Recovery codes stay when everyone sets up MFA again (K9).
    again_for = {method: again if method in FIRST else None for method in WAYS}
    dated = people.annotate(
        **{f"{method}_at": _first(method, since) for method, since in again_for.items()},
        skipped_at=Case(When(counts, then="user__skipped_at")),
    )
    names = (*WAYS, SKIPPED.value)
    by_day = dated.annotate(joined=day("since"), **{name: day(f"{name}_at") for name in names})
    for joined, *reached, number in by_day.values_list("joined", *names).annotate(Count("pk")):
        days = dict(zip(names, reached, strict=True))
        yield number, joined, {name: at for name, at in days.items() if name in used}


def _all(organization: Organization) -> QuerySet[Membership]:
    """Return everyone, for a command on the machine."""
    return Membership.objects.filter(organization=organization, ended_at=None)


def _first(method: Method, since: datetime | None) -> Subquery:
    """When the person set up the first proven factor of a method, after a time if there is one."""
    factors = Factor.objects.filter(user=OuterRef("user"), kind=method, status=Status.ACTIVE)
    if since:
        factors = factors.filter(confirmed_at__gt=since)
    return Subquery(factors.order_by().values("user").values(at=Min("confirmed_at")))
