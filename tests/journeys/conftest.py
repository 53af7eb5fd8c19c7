"""Browsers at the stations of a login."""

import pytest
import time_machine

from accounts.models import User
from mfa.models import SitePolicy
from tests.portal_client import Browser
from tests.stations import *  # noqa: F403 fixtures come in by their names


@pytest.fixture
def optional(policy: SitePolicy) -> SitePolicy:
    """People may skip."""
    policy.enforcement = "optional"
    policy.save()
    return policy


@pytest.fixture
def known(clock: time_machine.Traveller, browser: Browser, alice: User) -> Browser:
    """Alice's browser after a login and a logout."""
    browser.log_in(alice)
    browser.post("/logout/")
    return browser
