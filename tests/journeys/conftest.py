"""Browsers at the stations of a login."""

import pytest

from accounts.models import User
from mfa.models import AccountPolicy
from tests.portal_client import Browser

PHONE = "/login/enroll/phone/"
NEW_NUMBER = "+447700900250"


@pytest.fixture
def asked(browser: Browser, alice: User) -> Browser:
    """Alice after her password: half signed in, a code is on its way."""
    browser.password(alice)
    return browser


@pytest.fixture
def enrolling(browser: Browser, bob: User) -> Browser:
    """Bob after his password: half signed in, without a number."""
    browser.password(bob)
    return browser


@pytest.fixture
def proving(enrolling: Browser) -> Browser:
    """Bob after "Send Verification Code"."""
    enrolling.post(PHONE, {"phone": NEW_NUMBER})
    return enrolling


@pytest.fixture
def home(browser: Browser, alice: User) -> Browser:
    """Alice, logged in."""
    browser.log_in(alice)
    return browser


@pytest.fixture
def office(browser: Browser, root: User) -> Browser:
    """A superuser, logged in with the second step."""
    browser.log_in(root)
    return browser


@pytest.fixture
def optional(policy: AccountPolicy) -> AccountPolicy:
    """People may skip."""
    policy.enforcement = "optional"
    policy.save()
    return policy
