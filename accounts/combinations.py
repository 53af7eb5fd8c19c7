"""Combinations: the levels that people have together, alone or in several organizations.

A changed policy is checked against them before it is saved.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter

from django.db.models import Count, Q, QuerySet

from accounts import policies
from accounts.models.memberships import Membership
from accounts.models.organizations import Organization, OrganizationPolicy
from mfa.rules.fold import Branch, Combination

# So many people are named at once.
MOST_NAMED = 5
Changed = Mapping[int, OrganizationPolicy]
Organizations = QuerySet[Organization]


def combinations(changed: Changed | None = None) -> Iterator[Combination]:
    """Return each active organization alone, then those with people in common, with these people.

    `changed` holds organizations' policies with values that are not saved, by their ids. Then only
    the organizations that they apply to count, alone or with others.
    """
    active = Organization.objects.filter(is_active=True)
    if changed:
        active = active.filter(Q(own__in=changed) | Q(parent__for_clients__in=changed))
    return among(active, changed or {})


def among(organizations: Organizations, changed: Changed) -> Iterator[Combination]:
    """Return the combinations of people in any of these organizations, as if these were active."""
    branches = _branches(organizations, changed)
    yield from (Combination((branch,), organization=pk) for pk, branch in branches.items())
    several = _several(organizations)
    others = frozenset[int]().union(*several) - branches.keys()
    branches |= _branches(Organization.objects.filter(pk__in=others), changed)
    for places, emails in several.items():
        for home in sorted(places):
            # The home chooses the country. The order of the others does not matter.
            order = sorted(places, key=home.__ne__)
            together = tuple(branches[place] for place in order)
            yield Combination(together, tuple(emails[:MOST_NAMED]), len(emails))


def some_in(organization: int) -> tuple[tuple[str, ...], int]:
    """Return the emails of some members of an organization, and how many it has."""
    rows = Membership.objects.filter(organization=organization, ended_at=None)
    rows = rows.filter(user__is_active=True)
    emails = rows.order_by("-pk").values_list("user__email", flat=True)
    return tuple(emails[:MOST_NAMED]), rows.count()


def _branches(organizations: Organizations, changed: Changed) -> dict[int, Branch]:
    rows = organizations.select_related("own", "parent__for_clients")
    return {each.pk: _branch(each, changed) for each in rows}


def _branch(organization: Organization, changed: Changed) -> Branch:
    parent = organization.parent
    if parent and (above := changed.get(parent.for_clients_id)):
        parent.for_clients = above
    return policies.branch_of(organization, changed.get(organization.own_id))


def _several(organizations: Organizations) -> dict[frozenset[int], list[str]]:
    """Return the sets of organizations that people share, each with the emails of these people."""
    these = organizations.order_by().values("pk")
    held = Membership.objects.filter(ended_at=None)
    held = held.filter(Q(organization__is_active=True) | Q(organization__in=these))
    here = Membership.objects.filter(ended_at=None, organization__in=these)
    people = held.filter(user__in=here.values("user")).values("user")
    shared = people.annotate(places=Count("pk")).filter(places__gt=1)
    rows = held.filter(user__in=shared.values("user")).order_by("user")
    found: dict[frozenset[int], list[str]] = defaultdict(list)
    pairs = rows.values_list("user__email", "organization").iterator()
    for email, mine in groupby(pairs, key=itemgetter(0)):
        found[frozenset(place for _, place in mine)].append(email)
    return found
