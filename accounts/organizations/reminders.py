"""Reminders: a manager asks a person by email to set up two-step verification."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.organizations import rules
from accounts.organizations.managers import Manager
from accounts.organizations.reminder_links import LINK, is_due
from mfa import audit, channels
from mfa.client import Client
from mfa.messages import queue as deliveries
from mfa.models import Event
from mfa.rules.methods import ChannelName
from mfa.rules.policy import Enforcement

# One for each person, from any of their managers
EVERY = timedelta(days=3)


def are_offered(organization: Organization) -> bool:
    """Whether the organization's rules ask anyone to set something up."""
    policy = rules.policy_with(organization, organization.own)
    return policy.enforcement is not Enforcement.OFF


def send(actor: User, membership: Membership, *, client: Client = audit.NOWHERE) -> bool:
    """Email a reminder. Return False for one within three days, or if nothing is missing now.

    Raises PermissionDenied.
    """
    person, now = membership.user, timezone.now()
    managed = Manager(actor).members(membership.organization).filter(pk=membership.pk).exists()
    if not managed or person.pk == actor.pk or person.has_powers:
        raise PermissionDenied
    if not (is_due(person) and channels.available(ChannelName.EMAIL)):
        return False
    with transaction.atomic():
        due = Q(reminded_at=None) | Q(reminded_at__lte=now - EVERY)
        if not User.objects.filter(due, pk=person.pk).update(reminded_at=now):
            return False
        organization = membership.organization
        audit.record(
            Event.REMINDED, person, client=client, by=actor.pk, organization=organization.pk
        )
        context: dict[str, str | int | list[str]] = {
            "link": LINK,
            "number": membership.pk,
            "organization_name": organization.name,
            "sender": actor.email,
        }
        deliveries.queue(
            person,
            "reminder",
            channel=ChannelName.EMAIL,
            target=person.email,
            context=context,
            bulk=True,
        )
    return True
