"""An organization's own rules for two-step verification: reading, judging and changing them."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import policies
from accounts.cohorts import cohorts
from accounts.models import Membership, Organization, OrganizationPolicy, User
from accounts.organizations.managers import Manager
from mfa import audit
from mfa.client import Client
from mfa.login import impact
from mfa.login.impact import Impact
from mfa.models import Event, Factor
from mfa.rules.fold import resolve
from mfa.rules.methods import FIRST
from mfa.rules.policy import Enforcement, Policy

# People who belong elsewhere too, whose other rules are compared. More is a task for support.
MOST_SHARED = 1_000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a manager chose for the own people."""

    enforcement: Enforcement
    methods: tuple[str, ...] = ()
    deadline: datetime | None = None


def wishes_of(organization: Organization) -> Wishes:
    """Return what is chosen now: the organization's own choice, or what the site requires."""
    own = organization.own
    return Wishes(_enforcement(organization, own), tuple(own.methods), own.deadline)


def policy_with(organization: Organization, own: OrganizationPolicy) -> Policy:
    """Fold what a member without other memberships would get. Raises EmptyPolicyError."""
    site, branch = organization.site, policies.branch_of(organization, own)
    return resolve(
        site.layer(policies.SITE), (), (branch,), in_force=site.enabled, floor=site.floor
    )


def changed(organization: Organization, wishes: Wishes) -> OrganizationPolicy:
    """Return the organization's policy with the wishes, not saved."""
    own = OrganizationPolicy.objects.get(pk=organization.own_id)
    former = OrganizationPolicy(enforcement=_enforcement(organization, own))
    own.enforcement, own.methods, own.deadline = (
        wishes.enforcement,
        list(wishes.methods),
        wishes.deadline,
    )
    own.follow(former)
    return own


def change(
    actor: User, organization: Organization, wishes: Wishes, *, client: Client = audit.NOWHERE
) -> None:
    """Save the wishes: one row, however many people it concerns (D10).

    Raises PermissionDenied for anyone but a manager, and EmptyPolicyError.
    """
    with transaction.atomic():
        if not Manager(actor).organizations().filter(pk=organization.pk).exists():
            raise PermissionDenied
        OrganizationPolicy.objects.select_for_update().get(pk=organization.own_id)
        own = changed(organization, wishes)
        policy_with(organization, own)
        before = OrganizationPolicy.objects.get(pk=own.pk)
        fields = [
            field.name
            for field in own._meta.concrete_fields  # noqa: SLF001 Django's public name
            if getattr(before, field.attname) != getattr(own, field.attname)
        ]
        if fields:
            own.save(update_fields=fields)
            audit.record(
                Event.RULES_CHANGED,
                actor,
                client=client,
                organization=organization.pk,
                fields=fields,
            )


def impact_of(organization: Organization, level: OrganizationPolicy, now: datetime) -> Impact:
    """Return who a change to a level affects: the organization's own, or that for its clients."""
    site = organization.site
    return impact.of(site, site, now, cohorts({level.pk: level}))


def conflicts(organization: Organization, own: OrganizationPolicy) -> list[User]:
    """Return people who belong elsewhere too and would have no verification method left."""
    shared = _members(organization).filter(
        Exists(
            Membership.objects.in_force()
            .filter(user=OuterRef("user"))
            .exclude(organization=organization)
        )
    )
    people = [each.user for each in shared.select_related("user")[:MOST_SHARED]]
    return [person for person in people if policies.is_empty_with(person, organization, own)]


def holds_allowed(actor: User, methods: tuple[str, ...]) -> bool:
    """Whether a manager has one of the methods to be allowed (pol4)."""
    allowed = set(methods) & set(FIRST) if methods else set(FIRST)
    return Factor.objects.usable().filter(user=actor, kind__in=allowed).exists()


def _enforcement(organization: Organization, own: OrganizationPolicy) -> Enforcement:
    return Enforcement(own.enforcement or policy_with(organization, own).enforcement)


def _members(organization: Organization) -> QuerySet[Membership]:
    rows = Membership.objects.in_force().filter(organization=organization)
    return rows.filter(user__is_staff=False, user__is_active=True)
