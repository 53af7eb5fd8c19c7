"""The link of a reminder. A reminder can wait behind thousands of invitations."""

from typing import TYPE_CHECKING

from django.conf import settings

from accounts.models.memberships import Membership
from mfa.models import Factor

if TYPE_CHECKING:
    from accounts.models.users import User

LINK = "reminder"


def address_of(person: "User", number: int | None) -> str | None:
    """Return the portal's address, or None if the membership or the reminder is past (org1)."""
    memberships = Membership.objects.in_force().filter(user=person, pk=number or 0)
    return f"{settings.BASE_URL}/" if memberships.exists() and is_due(person) else None


def is_due(person: "User") -> bool:
    """Whether the person can log in, and has no phone or app that the rules still count."""
    factors = Factor.objects.set_up(person.mfa_policy.enroll_again_from)
    return person.may_log_in and not factors.filter(user=person).exists()
