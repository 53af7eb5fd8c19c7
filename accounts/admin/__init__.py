"""The admin pages of people, groups, organizations and the home page."""

from accounts.admin import (
    audit_details,
    groups,
    memberships,
    organization_rules,
    organizations,
    tiles,
    users,
)

__all__ = [
    "audit_details",
    "groups",
    "memberships",
    "organization_rules",
    "organizations",
    "tiles",
    "users",
]
