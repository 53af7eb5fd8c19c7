"""Managers: what a manager sees and may do (K10, RV-06).

A manager looks after the own organizations and their clients, and sees nothing beyond. Every
look-up goes through this module, so no view can forget the limit.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models.memberships import Membership
from accounts.models.organizations import Organization

if TYPE_CHECKING:
    from accounts.models.users import User

MANAGER = Membership.Role.MANAGER
# The permission of administrators
CHANGE = "accounts.change_membership"


@dataclass(frozen=True, slots=True)
class Manager:
    """A person in the role of a manager."""

    user: "User"

    def organizations(self) -> QuerySet[Organization]:
        """Return the organizations that the person manages, and the active clients of these."""
        ours = self.own_organizations()
        clients = Q(parent__in=ours.values("pk"))
        return Organization.objects.filter(Q(pk__in=ours.values("pk")) | clients, is_active=True)

    def own_organizations(self) -> QuerySet[Organization]:
        """Return the organizations in which the person is a manager."""
        memberships = Membership.objects.in_force().filter(user=self.user, role=MANAGER)
        return Organization.objects.filter(pk__in=memberships.values("organization"))

    def last_in(self) -> QuerySet[Organization]:
        """Return the organizations that would have no manager without this one (org3)."""
        managers = Membership.objects.managing(timezone.now())
        others = managers.filter(organization=OuterRef("pk")).exclude(user=self.user)
        return self.own_organizations().exclude(Exists(others))

    def members(self, organization: Organization) -> QuerySet[Membership]:
        """Return the memberships of an organization, none if the person does not manage it.

        The look-up is a statement of its own, so that the database reads the rows by one index.
        """
        if not self.organizations().filter(pk=organization.pk).exists():
            return Membership.objects.none()
        return Membership.objects.filter(organization=organization, ended_at=None)

    def may_act_on(self, person: "User") -> bool:
        """Whether the manager may reset, edit or write a number for this person (K10).

        Never for staff and never for oneself. Every membership of the person must be in a managed
        organization, so a shared person goes to support. A manager of an organization is acted on
        only by managers of its partner. A person who registered needs support too.
        """
        if person.pk == self.user.pk or person.has_powers or person.registered_at is not None:
            return False
        held = Membership.objects.in_force().filter(user=person)
        return held.exists() and not held.exclude(self.within_reach()).exists()

    def within_reach(self) -> Q:
        """Return the condition for memberships that are this manager's business."""
        above = self.own_organizations().values("pk")
        return Q(organization__parent__in=above) | (Q(organization__in=above) & ~Q(role=MANAGER))

    def may_give_roles(self, organization: Organization) -> bool:
        """Whether the person may give and take the role manager there: the partner's managers."""
        partner = organization.parent_id
        return partner is not None and self.own_organizations().filter(pk=partner).exists()


def may_invite(actor: "User", organization: Organization, role: str) -> bool:
    """Whether a person may invite to an organization in a role: its managers, or administrators.

    Only administrators and the partner's managers invite managers.
    """
    if actor.is_staff and actor.has_perm(CHANGE):
        return True
    manager = Manager(actor)
    if role == MANAGER:
        return organization.is_active and manager.may_give_roles(organization)
    return manager.organizations().filter(pk=organization.pk).exists()


def unmanaged(now: datetime) -> QuerySet[Organization]:
    """Return the active organizations without a manager who can log in (org3)."""
    managers = Membership.objects.managing(now).filter(organization=OuterRef("pk"))
    return Organization.objects.filter(~Exists(managers), is_active=True)
