"""The policies that a change replaces, each with the people that it applies to."""

from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from itertools import product
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q

from mfa.models import SitePolicy
from mfa.models.cohorts import Cohort
from mfa.rules.fold import Branch, EmptyPolicyError, resolve
from mfa.rules.policy import Policy

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
    "weaker_ways",
    "backup",
)
# More cohorts with equal changes count as another change, so that each query stays small.
MOST_COHORTS = 50


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The policy of some people before and after, and the condition for these people."""

    before: Policy
    after: Policy
    people: Q


def changes_of(
    before: SitePolicy, after: SitePolicy, cohorts: Iterable[Cohort]
) -> list[PolicyChange]:
    """Fold each cohort's policy before and after. Those with equal changes count as one."""
    bound = _bound(before, after)
    found: dict[tuple[Any, ...], PolicyChange] = {}
    counted: Counter[tuple[Any, ...]] = Counter()
    for cohort in cohorts:
        later = cohort.branches if cohort.later is None else cohort.later
        for (was_bound, will_be_bound), people in bound.items():
            was = _policy(before, cohort, cohort.branches, in_force=was_bound)
            will = _policy(after, cohort, later, in_force=will_be_bound)
            same = _key(was), _key(will)
            if same[0] != same[1]:
                keys = *same, counted[same] // MOST_COHORTS
                counted[same] += 1
                mine = cohort.people & people
                known = found.get(keys)
                found[keys] = PolicyChange(was, will, known.people | mine if known else mine)
    return list(found.values())


def _policy(
    site: SitePolicy, cohort: Cohort, branches: tuple[Branch, ...], *, in_force: bool
) -> Policy:
    """Fold what applies to a cohort. A channel that is down now makes no difference."""
    try:
        return resolve(
            site.layer("site"),
            site.in_roles(cohort.roles),
            branches,
            in_force=in_force,
            floor=site.floor,
            mail_tested=site.health.mail_tested,
        )
    except EmptyPolicyError as error:
        return error.policy


def _key(policy: Policy) -> Any:
    return DECISIVE(policy) if policy.asks else None


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
