"""Members: joining and leaving an organization, and the role there."""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts import policies
from accounts.models import Invitation, Membership, Organization, User
from accounts.organizations import authority
from mfa import audit
from mfa.client import Client
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event
from mfa.sessions import revoke, trust

MEMBER = Membership.Role.MEMBER


class LastManagerError(ValueError):
    """The organization would have no manager."""


def join(
    actor: AbstractMfaUser | None,
    user: User,
    organization: Organization,
    *,
    role: str = MEMBER,
    tells: bool = True,
    client: Client = audit.NOWHERE,
) -> Membership:
    """Add a person to an organization, again after an end. An existing membership stays as it is.

    The caller has checked who may add. `actor` is None for a command. `tells` emails the person.
    Raises EmptyPolicyError if the rules of the person's organizations would leave no verification
    method.
    """
    with transaction.atomic():
        held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        found = Membership.objects.filter(user=held, organization=organization).first()
        if found and found.ended_at is None:
            return found
        membership = found or Membership(user=held, organization=organization)
        membership.role, membership.since, membership.ended_at = role, timezone.now(), None
        policies.hold()
        # Read after the lock: its rules may have just changed.
        membership.organization = Organization.objects.get(pk=organization.pk)
        policies.check_with(held, membership)
        membership.save()
        if held.home is None or not held.home.is_in_force:
            User.objects.filter(pk=held.pk).update(home=membership)
        membership.user = held
        # People who register for an organization have just chosen it.
        if not tells or actor is None or actor.pk == held.pk:
            _record(Event.MEMBER_JOINED, membership, actor, client)
        else:
            _tell(Event.MEMBER_JOINED, membership, actor, client)
    return membership


def join_new(
    actor: AbstractMfaUser | None,
    roles: Mapping[User, str],
    organization: Organization,
    *,
    client: Client = audit.NOWHERE,
) -> None:
    """Add people who were created in this transaction, which no one else sees yet.

    The same as `join` for each, in a few statements. Raises EmptyPolicyError.
    """
    policies.hold()
    organization = Organization.objects.get(pk=organization.pk)
    rows = [
        Membership(user=user, organization=organization, role=role) for user, role in roles.items()
    ]
    for one in {row.role: row for row in rows}.values():
        policies.check_with(one.user, one)
    Membership.objects.bulk_create(rows)
    here = Membership.objects.filter(user=OuterRef("pk"), organization=organization)
    people = User.objects.filter(pk__in=[row.user_id for row in rows])
    people.update(home=Subquery(here.values("pk")))
    details = ((row.user, _details(row, actor)) for row in rows)
    audit.record_each(Event.MEMBER_JOINED, details, client=client)


def add(
    actor: AbstractMfaUser,
    user: User,
    organization: Organization,
    *,
    role: str,
    client: Client = audit.NOWHERE,
) -> Membership:
    """Add a person for an administrator. Raises PermissionDenied and EmptyPolicyError."""
    if not authority.may_add(actor, user):
        raise PermissionDenied
    return join(actor, user, organization, role=role, client=client)


def end(
    actor: AbstractMfaUser,
    membership: Membership,
    *,
    client: Client = audit.NOWHERE,
) -> None:
    """End a membership, all sessions of the person, and an invitation that would undo it.

    The person is notified. Raises PermissionDenied, and LastManagerError for the last manager
    unless an administrator acts.
    """
    with transaction.atomic():
        held = _held(membership)
        if not authority.may_end(actor, held):
            raise PermissionDenied
        if held.ended_at is not None:
            return
        _keep_a_manager(actor, held)
        held.ended_at = timezone.now()
        held.save(update_fields=["ended_at"])
        sent = Invitation.objects.filter(organization=held.organization_id, email=held.user.email)
        sent.filter(accepted_at=None, revoked_at=None).update(revoked_at=held.ended_at)
        _move_home(held)
        _tell(Event.MEMBER_LEFT, held, actor, client)
        revoke.end_all(held.user, by=actor, client=client)


def rename(
    actor: AbstractMfaUser, membership: Membership, name: str, *, client: Client = audit.NOWHERE
) -> None:
    """Change a member's name. Raises PermissionDenied."""
    person = membership.user
    with transaction.atomic():
        held = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if not actor.looks_after(held):
            raise PermissionDenied
        if held.full_name != name:
            held.full_name = name
            held.save(update_fields=["full_name"])
            audit.record(Event.NAME_CHANGED, held, client=client, by=actor.pk)


def give_role(
    actor: AbstractMfaUser | None,
    membership: Membership,
    role: str,
    *,
    client: Client = audit.NOWHERE,
) -> bool:
    """Make a member a manager, or a manager a member. Return False if there was nothing to change.

    The person is notified. `actor` is None for a command. Raises PermissionDenied for anyone but
    administrators and the partner's managers, and LastManagerError.
    """
    with transaction.atomic():
        held = _held(membership)
        if actor and not authority.may_give_role(actor, held):
            raise PermissionDenied
        if held.ended_at is not None or role == held.role:
            return False
        if actor:
            _keep_a_manager(actor, held)
        held.role = role
        held.save(update_fields=["role"])
        trust.end_for(held.user_id)
        _tell(Event.ROLE_CHANGED, held, actor, client)
    return True


def choose_home(
    actor: AbstractMfaUser, membership: Membership, *, client: Client = audit.NOWHERE
) -> None:
    """Make this membership the one that chooses wording and flow. Raises PermissionDenied."""
    with transaction.atomic():
        held = _held(membership)
        if not (authority.rules_all(actor) and authority.may_give_role(actor, held)):
            raise PermissionDenied
        if held.is_in_force and held.user.home_id != held.pk:
            User.objects.filter(pk=held.user_id).update(home=held)
            _record(Event.HOME_CHOSEN, held, actor, client)


def _held(membership: Membership) -> Membership:
    """Lock the organization, so that two changes cannot take its last two managers, then read."""
    Organization.objects.select_for_update(of=("self",)).get(pk=membership.organization_id)
    rows = Membership.objects.select_related("organization", "user")
    return rows.select_for_update(of=("self",)).get(pk=membership.pk)


def _keep_a_manager(actor: AbstractMfaUser, membership: Membership) -> None:
    if not authority.rules_all(actor) and authority.is_last_manager(membership):
        raise LastManagerError


def _move_home(ended: Membership) -> None:
    """Move the person's home to another membership in force. Without one it stays where it was."""
    others = Membership.objects.in_force().filter(user=ended.user_id).order_by("since", "pk")
    if ended.user.home_id == ended.pk and (next_home := others.first()):
        User.objects.filter(pk=ended.user_id).update(home=next_home)


def _tell(
    event: Event, membership: Membership, actor: AbstractMfaUser | None, client: Client
) -> None:
    """Record the event and notify the person by email."""
    notices.tell(
        event,
        membership.user,
        client=client,
        numbers=(),
        not_me=False,
        organization=membership.organization_id,
        organization_name=membership.organization.name,
        role=membership.role,
        by=actor.pk if actor else 0,
    )


def _record(
    event: Event, membership: Membership, actor: AbstractMfaUser | None, client: Client
) -> None:
    audit.record(event, membership.user, client=client, **_details(membership, actor))


def _details(membership: Membership, actor: AbstractMfaUser | None) -> audit.Details:
    by = {"by": actor.pk} if actor else {}
    return {"organization": membership.organization_id, "role": membership.role, **by}
