"""Invitations: sending, renewing, revoking and accepting them.

Inviting never looks for an account, so the manager's page says nothing about who has one (RG-02).
"""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Invitation, Membership, Organization, User
from accounts.models.invitations import LIFE
from accounts.organizations.invitation_links import LINK
from accounts.organizations.managers import Manager, may_invite
from mfa import audit, channels
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.limits.base import Use
from mfa.messages import alerts, queue as deliveries
from mfa.models import Event
from mfa.rules.methods import ChannelName

MEMBER, MANAGER = Membership.Role
PER_PAGE = 25


def invite(
    actor: User,
    organization: Organization,
    email: str,
    *,
    full_name: str = "",
    role: str = MEMBER,
    mobile: str = "",
    client: Client = audit.NOWHERE,
) -> Invitation:
    """Invite an address by email, again after an earlier invitation. `email` is normalized.

    An open invitation is replaced only by those who may give its role. Raises PermissionDenied,
    and TooMany for too many invitations a day.
    """
    if not may_invite(actor, organization, role):
        raise PermissionDenied
    try:
        with transaction.atomic():
            counts = counters.take(_uses(actor, organization, email))
            fresh = {"expires_at": timezone.now() + LIFE, "inviter": actor}
            Invitation.objects.get_or_create(organization=organization, email=email, defaults=fresh)
            rows = Invitation.objects.select_for_update(no_key=True)
            held = rows.get(organization=organization, email=email)
            if _is_above(actor, held):
                raise PermissionDenied
            held.full_name, held.role, held.mobile = full_name, role, mobile
            _send(actor, held, client)
    except counters.TooMany as refusal:
        _warn(actor, organization, {use: use.limit.most for use in refusal.over})
        raise
    _warn(actor, organization, counts)
    return held


def renew(actor: User, invitation: Invitation, *, client: Client = audit.NOWHERE) -> None:
    """Email a new link, which replaces the older one. Raises PermissionDenied and TooMany."""
    invite(
        actor,
        invitation.organization,
        invitation.email,
        full_name=invitation.full_name,
        role=invitation.role,
        mobile=invitation.mobile,
        client=client,
    )


def prepare(
    actor: User,
    organization: Organization,
    email: str,
    *,
    full_name: str,
    mobile: str,
    client: Client = audit.NOWHERE,
) -> None:
    """Invite an address to be a member without an email, which a manager sends later.

    An earlier link stops working. Raises PermissionDenied.
    """
    if not may_invite(actor, organization, MEMBER):
        raise PermissionDenied
    with transaction.atomic():
        fresh = {"expires_at": timezone.now(), "inviter": actor}
        Invitation.objects.get_or_create(organization=organization, email=email, defaults=fresh)
        rows = Invitation.objects.select_for_update(no_key=True)
        held = rows.get(organization=organization, email=email)
        if _is_above(actor, held):
            raise PermissionDenied
        held.full_name, held.mobile = full_name, mobile
        _prepared(actor, held).save()
        _record(Event.INVITATION_PREPARED, actor, held, client)


def prepare_new(
    actor: User,
    organization: Organization,
    invited: Iterable[Invitation],
    *,
    client: Client = audit.NOWHERE,
) -> None:
    """Invite new addresses as `prepare` does, in a few statements.

    Raises PermissionDenied, and IntegrityError if one of them was invited meanwhile.
    """
    if not may_invite(actor, organization, MEMBER):
        raise PermissionDenied
    rows = [_prepared(actor, each) for each in invited]
    with transaction.atomic():
        Invitation.objects.bulk_create(rows)
        details = ((actor, _details(row)) for row in rows)
        audit.record_each(Event.INVITATION_PREPARED, details, client=client)


def revoke(actor: User, invitation: Invitation, *, client: Client = audit.NOWHERE) -> bool:
    """Turn the link off. Return False if it was accepted meanwhile. Raises PermissionDenied."""
    with transaction.atomic():
        held = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
        if not may_invite(actor, invitation.organization, held.role):
            raise PermissionDenied
        if held.accepted_at or held.revoked_at:
            return held.accepted_at is None
        held.revoked_at = timezone.now()
        held.save(update_fields=["revoked_at"])
        _record(Event.INVITATION_REVOKED, actor, held, client)
    return True


def listed(
    actor: User, organization: Organization, *, before: int | None = None
) -> tuple[list[Invitation], int | None]:
    """Return a page of an organization's invitations, newest first, and where the next starts."""
    rows = of_organization(actor, organization).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PER_PAGE + 1])
    more = len(found) > PER_PAGE
    return found[:PER_PAGE], found[PER_PAGE - 1].pk if more else None


def of_organization(actor: User, organization: Organization) -> QuerySet[Invitation]:
    """Return the invitations of an organization that the person manages."""
    managed = Manager(actor).organizations().values("pk")
    rows = Invitation.objects.filter(organization=organization, organization__in=managed)
    return rows.select_related("organization", "inviter")


def invited_above(actor: User, organization: Organization, email: str) -> bool:
    """Whether an open invitation of the address has a role that the person may not give."""
    held = of_organization(actor, organization).filter(email=email).first()
    return held is not None and _is_above(actor, held)


def _is_above(actor: User, held: Invitation) -> bool:
    waits = held.role == MANAGER and held.state is Invitation.State.WAITING
    return waits and not may_invite(actor, held.organization, held.role)


def _send(actor: User, held: Invitation, client: Client) -> None:
    """Start a new round, and queue its email."""
    now = timezone.now()
    held.inviter, held.round = actor, held.round + 1
    held.sent_at, held.expires_at = now, now + LIFE
    held.accepted_at, held.revoked_at, held.is_prepared = None, None, False
    held.save()
    _record(Event.INVITED, actor, held, client)
    if channels.available(ChannelName.EMAIL):
        deliveries.queue(
            actor,
            "invitation",
            channel=ChannelName.EMAIL,
            target=held.email,
            context={
                "link": LINK,
                "number": held.pk,
                "organization_name": held.organization.name,
                "role": held.role,
                "sender": actor.email,
            },
            bulk=True,
        )


def _uses(actor: User, organization: Organization, email: str) -> tuple[Use, ...]:
    return (
        limits.INVITATIONS_PER_MANAGER.of(str(actor.pk)),
        limits.INVITATIONS_PER_ORGANIZATION.of(str(organization.pk)),
        limits.INVITATIONS_PER_ADDRESS.of(f"{organization.pk}:{email}"),
    )


def _warn(actor: User, organization: Organization, counts: dict[Use, int]) -> None:
    """Alert administrators once a day about half of a day's invitations (inv7)."""
    for use, number in counts.items():
        if use.limit in limits.INVITATIONS_TOLD and number * 2 >= use.limit.most:
            alerts.warn(
                alerts.Alert.MANY_INVITATIONS,
                about=f"{use.limit.name}:{use.subject}",
                once=alerts.DAILY,
                sender=actor.email,
                organization_name=organization.name,
                number=number,
            )


def _prepared(actor: User, held: Invitation) -> Invitation:
    """Start a new round without an email."""
    held.inviter, held.role, held.round = actor, MEMBER, held.round + 1
    held.expires_at, held.is_prepared = timezone.now(), True
    held.accepted_at = held.revoked_at = None
    return held


def _record(event: Event, actor: User, invitation: Invitation, client: Client) -> None:
    audit.record(event, actor, client=client, **_details(invitation))


def _details(invitation: Invitation) -> audit.Details:
    return {
        "organization": invitation.organization_id,
        "invitation": invitation.pk,
        "role": invitation.role,
    }
