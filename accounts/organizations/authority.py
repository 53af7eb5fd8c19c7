"""Who may change a membership: administrators, and the managers above it (K10, org4, org8)."""

from django.utils import timezone

from accounts.models import Membership, User
from accounts.organizations.managers import CHANGE, Manager
from mfa.models import AbstractMfaUser

MANAGER = Membership.Role.MANAGER


def rules_all(actor: AbstractMfaUser) -> bool:
    """Whether the actor changes memberships everywhere, as an administrator."""
    return actor.is_staff and actor.has_perm(CHANGE)


def may_add(actor: AbstractMfaUser, person: User) -> bool:
    """Whether the actor may add a person to any organization."""
    return rules_all(actor) and _is_within(actor, person)


def may_end(actor: AbstractMfaUser, membership: Membership) -> bool:
    """Whether the actor may end a membership: members by managers, managers by those above."""
    if membership.role == MANAGER or rules_all(actor):
        return may_give_role(actor, membership)
    if not isinstance(actor, User) or not _may_touch(actor, membership):
        return False
    return Manager(actor).organizations().filter(pk=membership.organization_id).exists()


def may_give_role(actor: AbstractMfaUser, membership: Membership) -> bool:
    """Whether the actor may give or take the role manager: administrators, partner's managers."""
    if not _may_touch(actor, membership):
        return False
    if rules_all(actor):
        return True
    return isinstance(actor, User) and Manager(actor).may_give_roles(membership.organization)


def is_last_manager(membership: Membership) -> bool:
    """Whether no other person who can log in manages the organization."""
    if membership.role != MANAGER or membership.ended_at is not None:
        return False
    managers = Membership.objects.managing(timezone.now())
    others = managers.filter(organization=membership.organization_id)
    return not others.exclude(pk=membership.pk).exists()


def _may_touch(actor: AbstractMfaUser, membership: Membership) -> bool:
    """Refuse the actors themselves, staff, and managers of the partner, who stand above."""
    if not _is_within(actor, membership.user):
        return False
    partner = membership.organization.parent_id
    if partner is None or rules_all(actor):
        return True
    above = Membership.objects.in_force().filter(organization=partner, role=MANAGER)
    return not above.filter(user=membership.user_id).exists()


def _is_within(actor: AbstractMfaUser, person: User) -> bool:
    """Nobody acts on themselves, and only superusers act on people with permissions."""
    return actor.pk != person.pk and (actor.is_superuser or not person.has_powers)
