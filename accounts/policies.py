"""The policy of a person: site, partner, organization and role, folded into one.

No other module folds. A person with memberships needs one statement, like everyone else.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models.memberships import Membership
from accounts.models.organizations import Organization, OrganizationPolicy
from accounts.models.policies import MANAGER, STAFF
from mfa import prepared
from mfa.models import Pause, SitePolicy
from mfa.models.policy import unready
from mfa.rules.fold import Branch, EmptyPolicyError, resolve
from mfa.rules.policy import Layer, Policy

if TYPE_CHECKING:
    from accounts.models.users import User

logger = logging.getLogger("accounts")
SITE = "site"


@dataclass(frozen=True, slots=True)
class Affiliation:
    """Where a person stands: the site's policy for them, and memberships in force, home first."""

    site: SitePolicy
    memberships: tuple[Membership, ...] = ()


def affiliation_of(user: "User") -> Affiliation:
    """Read the site's policy and the person's memberships, in one statement."""
    if user.home_id is None:
        return Affiliation(SitePolicy.load_for(user))
    rows = _OF_MEMBER.all(person=user.pk, now=timezone.now())
    if not rows:
        return Affiliation(SitePolicy.load_for(user))
    first = rows[0]
    site = first.organization.site
    site.is_pilot, site.is_paused = first.is_pilot, first.is_paused  # type: ignore[attr-defined]
    site.meet(user)
    in_force = [row for row in rows if row.is_in_force]
    in_force.sort(key=lambda row: row.pk != user.home_id)
    return Affiliation(site, tuple(in_force))


def policy_of(user: "User") -> Policy:
    """Return the policy that applies to a person."""
    affiliation = user.affiliation
    site = affiliation.site
    try:
        return resolve(
            site.layer(SITE),
            roles_of(user, affiliation),
            levels_of(user, affiliation),
            in_force=site.binds,
            floor=site.floor,
            paused=site.is_paused,
            resting=site.resting,
            mail_tested=site.health.mail_tested,
        )
    except EmptyPolicyError as error:
        # Saving refuses such a policy. If one is stored anyway, it must not lock people out.
        logger.warning("the policy of person %s is empty: %s", user.pk, error)
        return error.policy


def hold() -> SitePolicy:
    """Lock the site's row and return it, before a check that everyone keeps a method.

    Rules and memberships are in many rows. Two changes, each fine, could leave someone no method.
    """
    rows = SitePolicy.objects.select_for_update(no_key=True, of=("self",))
    return rows.get(pk=SitePolicy.load().pk)


def policy_at(site: SitePolicy, branch: Branch) -> Policy:
    """Return the policy of someone who is only in one organization, or in none."""
    try:
        return resolve(site.layer(SITE), (), (branch,), in_force=site.enabled, floor=site.floor)
    except EmptyPolicyError as error:
        return error.policy


def check_with(user: "User", another: Membership) -> None:
    """Raise EmptyPolicyError if one more membership leaves the person no verification method."""
    former = affiliation_of(user)
    affiliation = Affiliation(former.site, (*former.memberships, another))
    resolve(
        former.site.layer(SITE),
        roles_of(user, affiliation),
        levels_of(user, affiliation),
        in_force=True,
        floor=former.site.floor,
        unready=unready(),
    )


def roles_of(user: "User", affiliation: Affiliation) -> tuple[Layer, ...]:
    """Return the fixed layers of the person's roles."""
    if user.is_staff:
        return affiliation.site.in_roles((STAFF,))
    roles = {membership.role for membership in affiliation.memberships}
    return (MANAGER,) if Membership.Role.MANAGER in roles else ()


def levels_of(user: "User", affiliation: Affiliation) -> tuple[Branch, ...]:
    """Return the levels of each membership, the home first.

    An account that registered itself has a standing of its own, which counts as one more.
    """
    levels = tuple(branch_of(each.organization) for each in affiliation.memberships)
    return (*levels, Branch()) if user.registered_at else levels


def branch_of(organization: Organization, own: OrganizationPolicy | None = None) -> Branch:
    """Return the levels between the site and the members of an organization.

    `own` stands in for the organization's own policy.
    """
    level = (own or organization.own).layer(organization.name)
    parent = organization.parent
    if parent is None:
        return Branch((level,))
    return Branch((parent.for_clients.layer(parent.name), level))


def _of_member() -> QuerySet[Membership]:
    person = prepared.number("person")
    pilots = Group.objects.filter(user=person, pk=OuterRef("organization__site__pilot_group"))
    pauses = Pause.objects.honored(prepared.moment("now")).filter(user_id=person)
    return (
        Membership.objects.filter(user_id=person)
        .select_related(
            "organization__own",
            "organization__parent__for_clients",
            "organization__site__sms",
            "organization__site__health",
        )
        .annotate(is_pilot=Exists(pilots), is_paused=Exists(pauses))
        .order_by("pk")
    )


_OF_MEMBER = prepared.Query(_of_member)
