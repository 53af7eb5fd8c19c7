"""The administration of the second step: the account policy, and what happened, to read."""

from mfa.admin import limits, policy, records

__all__ = ["limits", "policy", "records"]
