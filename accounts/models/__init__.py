"""The database tables of people."""

from accounts.models.former_slugs import FormerSlug
from accounts.models.imported_hashes import ImportedHash
from accounts.models.imports import ImportFinding, ImportLine, ImportPart, PeopleImport
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
    "ImportFinding",
    "ImportLine",
    "ImportPart",
    "ImportedHash",
    "Introduction",
    "Invitation",
    "Membership",
    "Organization",
    "OrganizationPolicy",
    "PeopleImport",
    "Registration",
    "Tile",
    "User",
]
