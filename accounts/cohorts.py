"""People by their roles and the rules of their organizations, however many people there are.

Organizations with the same rules count as one, so the number of cohorts grows with the number of
different rules. Only people with several memberships are read one by one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import policies
from accounts.models.memberships import Membership
from accounts.models.organizations import Organization, OrganizationPolicy
from accounts.models.policies import MANAGER, STAFF
from mfa.models.cohorts import Cohort, has_any
from mfa.rules.fold import Branch
from mfa.rules.policy import Layer

# The levels of an organization now and after a change, without names
Rules = tuple[Branch, Branch]
Changed = Mapping[int, OrganizationPolicy]
# The standing of people who registered themselves, or belong nowhere
ALONE: Rules = (Branch(), Branch())
# As `MembershipQuerySet.in_force` says
IN_FORCE = Q(memberships__ended_at=None, memberships__organization__is_active=True)
MANAGES = has_any("memberships", IN_FORCE & Q(memberships__role=Membership.Role.MANAGER))


def cohorts(changed: Changed | None = None) -> Iterator[Cohort]:
    """Return the cohorts of all people, or only those that changed rules apply to.

    `changed` holds organizations' policies with values that are not saved, by their ids.
    """
    by_rules = _organizations(changed or {})
    if not changed:
        yield from _in_roles(~has_any("memberships", IN_FORCE), ())
    for several in (*((rules,) for rules in by_rules), *_together(by_rules)):
        if not changed or any(before != after for before, after in several):
            yield from _in_roles(_just_in([by_rules[rules] for rules in several]), several)


def is_valid(now: datetime) -> Q:
    """Return the condition for accounts within their dates that belong somewhere."""
    dates = (Q(valid_from=None) | Q(valid_from__lte=now)) & (
        Q(valid_until=None) | Q(valid_until__gt=now)
    )
    free = Q(is_staff=True) | Q(home=None) | Q(registered_at__isnull=False)
    return dates & (free | Q(Exists(_all().filter(user=OuterRef("pk")))))


def _in_roles(people: Q, several: tuple[Rules, ...]) -> Iterator[Cohort]:
    ordinary = people & Q(is_staff=False)
    yield from _registered(people & Q(is_staff=True), (STAFF,), several)
    if not several:
        yield from _registered(ordinary, (), several)
        return
    yield from _registered(ordinary & MANAGES, (MANAGER,), several)
    yield from _registered(ordinary & ~MANAGES, (), several)


def _registered(
    people: Q, roles: tuple[Layer, ...], several: tuple[Rules, ...]
) -> Iterator[Cohort]:
    """Add the standing of their own of people who registered themselves."""
    if not several:
        yield Cohort(people, roles)
        return
    for registered in (False, True):
        pairs = (*several, ALONE) if registered else several
        before, after = zip(*pairs, strict=True)
        yield Cohort(people & Q(registered_at__isnull=not registered), roles, before, after)


def _organizations(changed: Changed) -> dict[Rules, list[int]]:
    """Return the active organizations by their rules."""
    by_rules = defaultdict(list)
    active = Organization.objects.filter(is_active=True)
    for each in active.select_related("own", "parent__for_clients").order_by("pk"):
        before = _nameless(policies.branch_of(each))
        by_rules[before, _nameless(_later(each, changed))].append(each.pk)
    return by_rules


def _later(organization: Organization, changed: Changed) -> Branch:
    own = changed.get(organization.own_id)
    parent = organization.parent
    if parent and (above := changed.get(parent.for_clients_id)):
        parent.for_clients = above
    return policies.branch_of(organization, own)


def _nameless(branch: Branch) -> Branch:
    return Branch(tuple(replace(level, name="") for level in branch.levels))


def _just_in(groups: list[list[int]]) -> Q:
    """Return the condition for people who belong to each of these groups, and to no other."""
    within, belongs = Q(), []
    for organizations in groups:
        there = Q(memberships__organization__in=organizations)
        belongs.append(has_any("memberships", IN_FORCE & there))
        within |= there
    return Q(*belongs, ~has_any("memberships", IN_FORCE & ~within))


def _together(by_rules: dict[Rules, list[int]]) -> Iterable[tuple[Rules, ...]]:
    """Return the different rules that apply together to people with several memberships."""
    number_of = {pk: n for n, pks in enumerate(by_rules.values()) for pk in pks}
    other = _all().filter(Q(user__home=None) | ~Q(user__home=F("pk")))
    rows = _all().filter(user__in=other.values("user"))
    held: dict[int, set[int]] = defaultdict(set)
    for person, organization in rows.values_list("user_id", "organization_id"):
        held[person].add(number_of[organization])
    rules = list(by_rules)
    found = {tuple(sorted(numbers)) for numbers in held.values() if len(numbers) > 1}
    return [tuple(rules[number] for number in numbers) for numbers in sorted(found)]


def _all() -> QuerySet[Membership]:
    return Membership.objects.in_force()
