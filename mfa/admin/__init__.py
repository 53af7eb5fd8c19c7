"""The administration of the second step: the account policy, and what happened, to read."""

from mfa.admin import jobs, limits, policy, records

__all__ = ["jobs", "limits", "policy", "records"]
