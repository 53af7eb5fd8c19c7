"""Browsers at the stations of a login."""

import pytest

from mfa.models import AccountPolicy
from tests.stations import *  # noqa: F403 fixtures come in by their names


@pytest.fixture
def optional(policy: AccountPolicy) -> AccountPolicy:
    """People may skip."""
    policy.enforcement = "optional"
    policy.save()
    return policy
