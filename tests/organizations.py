"""Organizations for tests: made by row, with their rules as keywords."""

from django.utils.text import slugify

from accounts.models import Membership, Organization, User
from accounts.organizations import members

MANAGER = Membership.Role.MANAGER


def organization(name: str, parent: Organization | None = None, **own: object) -> Organization:
    """Make an active organization whose members get these settings."""
    made = Organization.objects.create(name=name, slug=slugify(name), parent=parent)
    settings(made.own, **own)
    return made


def settings(policy: object, **values: object) -> None:
    """Store settings of one level."""
    for name, value in values.items():
        setattr(policy, name, value)
    policy.save()


def join(user: User, *organizations: Organization, role: str = "member") -> User:
    """Add a person to organizations, the first one as home, and return the person read again."""
    for each in organizations:
        members.join(None, user, each, role=role)
    return User.objects.get(pk=user.pk)
