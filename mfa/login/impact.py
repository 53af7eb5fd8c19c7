"""Impact: who a changed policy affects, counted by SQL before it is saved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice, product
from operator import attrgetter
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from mfa.login.outcomes import outcome
from mfa.models import Factor, Pause, Session, SitePolicy
from mfa.models.cohorts import Cohort
from mfa.models.jit import compile_nothing
from mfa.rules.fold import Branch, EmptyPolicyError, resolve
from mfa.rules.methods import Method
from mfa.rules.outcomes import NextLogin
from mfa.rules.policy import Enforcement, Policy

# What a login's outcome depends on. Two policies that agree in it have the same outcomes.
DECISIVE = attrgetter(
    "enforcement",
    "most_skips",
    "skips_until",
    "skips_from",
    "enroll_again_from",
    "methods",
    "email_codes",
    "text_regions",
    "mail_tested",
    "new_device_email",
)
PER_PAGE = 50


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


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The policy of some people before and after, and the condition for these people."""

    before: Policy
    after: Policy
    people: Q


@dataclass(frozen=True, slots=True)
class Impact:
    """The people whose next login a change makes different."""

    changes: tuple[PolicyChange, ...]
    now: datetime

    @transaction.atomic
    def count(self) -> dict[NextLogin, Affected]:
        """Count them by what their next login asks after the change."""
        compile_nothing()
        found: dict[NextLogin, Affected] = defaultdict(Affected)
        for change in self.changes:
            rows = self._rows(change).values("was", "will")
            for row in rows.annotate(
                people=Count("pk"),
                numberless=Count("pk", filter=~Exists(_phones())),
                active=Count("pk", filter=Exists(self._sessions())),
            ).order_by():
                if row["was"] != row["will"]:
                    figures = (row["people"], row["numberless"], row["active"])
                    found[NextLogin(row["will"])] += Affected(*figures)
        return dict(found)

    def people(self, after: int = 0) -> Iterator[Any]:
        """Return them by id from above an id, with `was`, `will`, `numbered` and `active`."""
        return merge(
            *(self._people(change, after) for change in self.changes), key=attrgetter("pk")
        )

    @transaction.atomic
    def page(self, after: int = 0) -> tuple[list[Any], int | None]:
        """Return one page of them, and the id that the next page starts above."""
        compile_nothing()
        found = list(islice(self.people(after), PER_PAGE + 1))
        more = len(found) > PER_PAGE
        return found[:PER_PAGE], found[PER_PAGE - 1].pk if more else None

    def _people(self, change: PolicyChange, after: int) -> Iterator[Any]:
        rows = self._rows(change).exclude(was=F("will")).order_by("pk")
        rows = rows.annotate(numbered=Exists(_phones()), active=Exists(self._sessions()))
        # Pages by index, so that the first is there without reading the rest
        while found := list(rows.filter(pk__gt=after)[: PER_PAGE + 1]):
            yield from found
            after = found[-1].pk

    def _rows(self, change: PolicyChange) -> QuerySet[Any]:
        """Return the people of a change who can log in, with their outcomes."""
        model = get_user_model()
        paused = Pause.objects.honored(self.now).filter(user=OuterRef("pk"))
        people = model.objects.filter(change.people, model.able_to_log_in(self.now))
        return people.exclude(Exists(paused)).annotate(
            was=outcome(change.before, self.now), will=outcome(change.after, self.now)
        )

    def _sessions(self) -> QuerySet[Session]:
        return Session.objects.logged_in(self.now).filter(user=OuterRef("pk"))


def of(
    before: SitePolicy, after: SitePolicy, now: datetime, cohorts: Iterable[Cohort] | None = None
) -> Impact:
    """Return the impact of a change to the site's policy, or to the levels of cohorts.

    The user model names the cohorts of all people (AbstractMfaUser.cohorts).
    """
    if cohorts is None:
        cohorts = get_user_model().cohorts()
    bound = _bound(before, after)
    found: dict[tuple[Any, ...], PolicyChange] = {}
    for cohort in cohorts:
        later = cohort.branches if cohort.later is None else cohort.later
        for (was_bound, will_be_bound), people in bound.items():
            was = _policy(before, cohort, cohort.branches, in_force=was_bound)
            will = _policy(after, cohort, later, in_force=will_be_bound)
            keys = _key(was), _key(will)
            if keys[0] != keys[1]:
                mine = cohort.people & people
                known = found.get(keys)
                found[keys] = PolicyChange(was, will, known.people | mine if known else mine)
    return Impact(tuple(found.values()), now)


def _policy(
    site: SitePolicy, cohort: Cohort, branches: tuple[Branch, ...], *, in_force: bool
) -> Policy:
    """Fold what applies to a cohort. A channel that is down now makes no difference."""
    try:
        return resolve(
            site.layer("site"),
            cohort.roles,
            branches,
            in_force=in_force,
            floor=site.floor,
            mail_tested=site.health.mail_tested,
        )
    except EmptyPolicyError as error:
        return error.policy


def _key(policy: Policy) -> Any:
    asks = policy.demanded and policy.enforcement is not Enforcement.OFF
    return DECISIVE(policy) if asks else None


def _bound(before: SitePolicy, after: SitePolicy) -> dict[tuple[bool, bool], Q]:
    """Return whether MFA applies before and after, with the condition for these people."""
    pilots = {pk for site in (before, after) if (pk := site.pilot_group_id) is not None}
    found: dict[tuple[bool, bool], Q] = {}
    for is_staff, *inside in product((True, False), repeat=1 + len(pilots)):
        groups = dict(zip(pilots, inside, strict=True))
        staff = Q(is_staff=True) | Q(is_superuser=True)
        people = staff if is_staff else ~staff
        for pilot, is_in in groups.items():
            member = Exists(Group.objects.filter(user=OuterRef("pk"), pk=pilot))
            people &= Q(member) if is_in else ~Q(member)
        bound = (
            _binds(before, groups, is_staff=is_staff),
            _binds(after, groups, is_staff=is_staff),
        )
        found[bound] = found[bound] | people if bound in found else people
    # If all people are in the same case, no condition is needed.
    return found if len(found) > 1 else dict.fromkeys(found, Q())


def _binds(site: SitePolicy, groups: dict[int, bool], *, is_staff: bool) -> bool:
    one = copy(site)
    one.is_for_staff = is_staff
    one.is_pilot = groups.get(site.pilot_group_id or 0, False)
    return one.binds


def _phones() -> QuerySet[Factor]:
    return Factor.objects.not_revoked().filter(user=OuterRef("pk"), kind=Method.PHONE)
