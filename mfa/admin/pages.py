"""Imports all admin pages, which registers them."""

from mfa.admin import audit, challenges, deliveries, factors, jobs, limits, pauses, policy

__all__ = [
    "audit",
    "challenges",
    "deliveries",
    "factors",
    "jobs",
    "limits",
    "pauses",
    "policy",
]
