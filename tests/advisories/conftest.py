"""A browser in the middle of each purpose: a code is out, nothing is proven yet."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from tests.portal_client import Browser
from tests.stations import *  # noqa: F403 fixtures come in by their names
from tests.stations import mailed_link


@pytest.fixture
def answering_reset(linked: Browser) -> Browser:
    """Alice after the button of her link: a code went to her phone."""
    uid, token = mailed_link()
    linked.post(f"/password/reset/{uid}/{token}/")
    return linked


@pytest.fixture
def answering_mailbox(recovering: Browser) -> Browser:
    """Alice, whose phone is disabled, with a code in her mailbox."""
    recovering.post("/login/mailbox/")
    return recovering


@pytest.fixture
def stepping_up(clock: time_machine.Traveller, browser: Browser, alice: User) -> Browser:
    """Alice, logged in a quarter of an hour ago, who is asked for a code again."""
    browser.log_in(alice)
    clock.shift(timedelta(minutes=15))
    browser.post("/me/confirm/", {"next": "/me/email/", "binding": "1"})
    return browser
