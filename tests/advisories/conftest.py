"""A browser in the middle of each purpose: a code was sent, and nothing is proven yet."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from tests.portal_client import Browser
from tests.stations import *  # noqa: F403 fixtures come in by their names
from tests.stations import mailed_link


@pytest.fixture
def answering_reset(linked: Browser) -> Browser:
    """Alice after pressing the button of her link. A code was sent to her phone."""
    uid, token = mailed_link()
    linked.post(f"/password/reset/{uid}/{token}/")
    return linked


@pytest.fixture
def answering_mailbox(recovering: Browser) -> Browser:
    """Alice, whose phone is disabled, with a code sent by email."""
    recovering.post("/login/mailbox/")
    return recovering


@pytest.fixture
def stepping_up(clock: time_machine.Traveller, browser: Browser, alice: User) -> Browser:
    """Alice, logged in 15 minutes ago, who needs a code again."""
    browser.log_in(alice)
    clock.shift(timedelta(minutes=15))
    browser.post("/me/confirm/", {"next": "/me/email/", "binding": "1"})
    return browser
