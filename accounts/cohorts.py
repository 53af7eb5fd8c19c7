"""People by their roles and the rules of their organizations, however many people there are.

Organizations with the same rules count as one, so the number of cohorts grows with the number of
different rules. Only people with several memberships are read one by one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import policies
from accounts.models.memberships import Membership
from accounts.models.organizations import Organization, OrganizationPolicy
from accounts.models.policies import MANAGER, STAFF
from mfa.models.cohorts import Cohort
from mfa.rules.fold import Branch
from mfa.rules.policy import Layer

# The levels of an organization now and after a change, without names
Rules = tuple[Branch, Branch]
Changed = Mapping[int, OrganizationPolicy]
# The standing of people who registered themselves, or belong nowhere
ALONE: Rules = (Branch(), Branch())


def cohorts(changed: Changed | None = None) -> Iterator[Cohort]:
    """Return the cohorts of all people, or only those that changed rules apply to.

    `changed` holds organizations' policies with values that are not saved, by their ids.
    """
    by_rules = _organizations(changed or {})
    if not changed:
        yield from _in_roles(~_in_force(), ())
    for rules, organizations in by_rules.items():
        if not changed or rules[0] != rules[1]:
            yield from _in_roles(_only_at_home_in(organizations), (rules,))
    for several, people in _elsewhere_too(by_rules).items():
        if not changed or any(before != after for before, after in several):
            yield from _in_roles(Q(pk__in=people), several)


def is_valid(now: datetime) -> Q:
    """Return the condition for accounts within their dates that belong somewhere."""
    dates = (Q(valid_from=None) | Q(valid_from__lte=now)) & (
        Q(valid_until=None) | Q(valid_until__gt=now)
    )
    free = Q(is_staff=True) | Q(home=None) | Q(registered_at__isnull=False)
    return dates & (free | _in_force())


def _in_roles(people: Q, several: tuple[Rules, ...]) -> Iterator[Cohort]:
    ordinary = people & Q(is_staff=False)
    yield from _registered(people & Q(is_staff=True), (STAFF,), several)
    if not several:
        yield from _registered(ordinary, (), several)
        return
    manages = _in_force(role=Membership.Role.MANAGER)
    yield from _registered(ordinary & manages, (MANAGER,), several)
    yield from _registered(ordinary & ~manages, (), several)


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


def _only_at_home_in(organizations: list[int]) -> Q:
    """Return the condition for people whose only membership is the home, in one of these.

    The home is a column of the person, so the database looks for memberships of few people.
    """
    another = _held().exclude(pk=OuterRef("home_id"))
    home = Q(home__organization__in=organizations, home__ended_at=None)
    return home & ~Q(Exists(another))


def _elsewhere_too(by_rules: dict[Rules, list[int]]) -> dict[tuple[Rules, ...], list[int]]:
    """Return the people with a membership besides the home, by the rules of all of theirs."""
    rules_of = {pk: rules for rules, organizations in by_rules.items() for pk in organizations}
    other = _all().filter(Q(user__home=None) | ~Q(user__home=F("pk")))
    rows = _all().filter(user__in=other.values("user")).order_by("user", "organization")
    held: dict[int, dict[Rules, None]] = defaultdict(dict)
    for person, organization in rows.values_list("user_id", "organization_id"):
        held[person][rules_of[organization]] = None
    found = defaultdict(list)
    for person, several in held.items():
        found[tuple(several)].append(person)
    return found


def _all() -> QuerySet[Membership]:
    return Membership.objects.in_force()


def _held() -> QuerySet[Membership]:
    return _all().filter(user=OuterRef("pk"))


def _in_force(**where: object) -> Q:
    return Q(Exists(_held().filter(**where)))
