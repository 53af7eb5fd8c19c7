"""The administration of the second step: the account policy, and what happened, to read."""

from mfa.admin import policy, records

__all__ = ["policy", "records"]
