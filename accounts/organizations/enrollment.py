"""The enrollment report: how far an organization's people are with their second step, by day."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from django.db.models import Case, Count, Exists, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from accounts.organizations import rules
from accounts.organizations.managers import Manager
from mfa.models import Factor, Status
from mfa.rules.methods import Method

# A month: long enough to see whether a reminder helped
DAYS = 30


class State(StrEnum):
    """What a person has done about the second step. Each person is in one state, the best first."""

    APP = "app"
    PHONE = "phone"
    EMAIL = "email"
    SKIPPED = "skipped"
    NOT_YET = "not_yet"

    @property
    def words(self) -> Promise:
        """The heading of the column."""
        return WORDS[self]


WORDS: dict[State, Promise] = {
    State.APP: _("Authenticator app"),
    State.PHONE: _("Phone"),
    State.EMAIL: _("Email"),
    State.SKIPPED: _("Skipped"),
    State.NOT_YET: _("Not set up"),
}


@dataclass(frozen=True, slots=True)
class Day:
    """How many people were in each state when a day ended. Today is not over."""

    day: date
    people: dict[State, int]
    finished: bool

    @property
    def total(self) -> int:
        """All people of the day."""
        return sum(self.people.values())


def days_of(actor: User, organization: Organization, *, zone: tzinfo, now: datetime) -> list[Day]:
    """Count the people that the manager sees by state, for the last 30 days of a time zone.

    Each day ends at the zone's midnight. It counts people who belong to the organization now, by
    the factors that its rules count now.
    """
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    counted: dict[date, Counter[State]] = {day: Counter() for day in days}
    for number, joined, reached in _groups(actor, organization, days[0], zone):
        for day in days:
            if joined <= day:
                counted[day][_state(reached, day)] += number
    return [
        Day(day, {state: counted[day][state] for state in State}, finished=day < today)
        for day in days
    ]


def without_number(actor: User, organization: Organization) -> int:
    """Count the people without a phone number, who need one for codes by text (E01)."""
    phones = Factor.objects.not_revoked().filter(user=OuterRef("user"), kind=Method.PHONE)
    return Manager(actor).members(organization).filter(~Exists(phones)).count()


def _state(reached: dict[State, date | None], day: date) -> State:
    done = (state for state, since in reached.items() if since is not None and since <= day)
    return next(done, State.NOT_YET)


def _groups(
    actor: User, organization: Organization, first: date, zone: tzinfo
) -> Iterator[tuple[int, date, dict[State, date | None]]]:
    """Yield how many people share the same days: joined, and reached each state.

    After the look-up of the organization it is one statement. Earlier days count as the first, so
    the groups stay few.
    """
    opened = datetime.combine(first, time.min, tzinfo=zone)

    def day(moment: str) -> Case:
        earlier = When(**{f"{moment}__lt": opened}, then=Value(first))
        return Case(earlier, default=TruncDate(moment, tzinfo=zone))

    policy = rules.policy_with(organization, organization.own)
    used = {State.SKIPPED, *policy.methods}
    forgotten, again = policy.skips_from, policy.enroll_again_from
    counts = Q(user__skipped_at__gt=forgotten) if forgotten else Q(user__skipped_at__isnull=False)
    people = Manager(actor).members(organization).order_by()
    dated = people.annotate(
        app_at=_first(Method.APP, again),
        phone_at=_first(Method.PHONE, again),
        email_at=_first(Method.EMAIL, again),
        skipped_at=Case(When(counts, then="user__skipped_at")),
    )
    by_day = dated.annotate(
        joined=day("since"),
        app=day("app_at"),
        phone=day("phone_at"),
        email=day("email_at"),
        skipped=day("skipped_at"),
    )
    grouped = by_day.values_list("joined", "app", "phone", "email", "skipped").annotate(Count("pk"))
    for joined, app, phone, email, skipped, number in grouped:
        reached = {
            State.APP: app,
            State.PHONE: phone,
            State.EMAIL: email,
            State.SKIPPED: skipped,
        }
        yield number, joined, {state: at for state, at in reached.items() if state in used}


def _first(method: Method, since: datetime | None) -> Subquery:
    """When the person set up the first proven factor of a method, after a time if there is one."""
    factors = Factor.objects.filter(user=OuterRef("user"), kind=method, status=Status.ACTIVE)
    if since:
        factors = factors.filter(confirmed_at__gt=since)
    return Subquery(factors.order_by().values("user").values(at=Min("confirmed_at")))
