"""The admin pages of people, groups, organizations and the home page."""

from accounts.admin import (
    groups,
    memberships,
    organization_rules,
    organizations,
    tiles,
    users,
)

__all__ = ["groups", "memberships", "organization_rules", "organizations", "tiles", "users"]
