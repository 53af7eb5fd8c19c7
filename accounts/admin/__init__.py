"""The admin pages of people, groups and the home page."""

from accounts.admin import groups, tiles, users

__all__ = ["groups", "tiles", "users"]
