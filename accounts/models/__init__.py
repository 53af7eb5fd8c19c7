"""The database tables of people."""

from accounts.models.former_slugs import FormerSlug
from accounts.models.imported_hashes import ImportedHash
from accounts.models.introductions import Introduction
from accounts.models.invitations import Invitation
from accounts.models.memberships import Membership
from accounts.models.organizations import Organization, OrganizationPolicy
from accounts.models.registrations import Registration
from accounts.models.tiles import Tile
from accounts.models.users import LARGEST_ID, User

__all__ = [
    "LARGEST_ID",
    "FormerSlug",
    "ImportedHash",
    "Introduction",
    "Invitation",
    "Membership",
    "Organization",
    "OrganizationPolicy",
    "Registration",
    "Tile",
    "User",
]
