"""Closing one's own account, where the policy allows it."""

from django.db import transaction

from accounts.models import Organization, User
from accounts.organizations.managers import Manager
from accounts.organizations.members import LastManagerError
from mfa import audit, closing
from mfa.client import Client


def close(user: User, *, client: Client = audit.NOWHERE) -> None:
    """Close the person's account for 14 days, after which it is deleted.

    Raises PermissionDenied where the policy does not allow it and for staff, and LastManagerError
    for an organization's last manager.
    """
    with transaction.atomic():
        manager = Manager(user)
        # Two managers cannot both leave: ending a membership takes the same lock.
        ours = manager.own_organizations().values_list("pk", flat=True)
        held = Organization.objects.select_for_update(of=("self",)).filter(pk__in=list(ours))
        list(held.order_by("pk"))
        if manager.last_in().exists():
            raise LastManagerError
        closing.close(User.objects.select_for_update(no_key=True).get(pk=user.pk), client=client)
