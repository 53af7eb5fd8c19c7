"""A proxy that hides all clients is detected (X22, CISO Assistant CVE-2026-135165).

There all clients shared the front end's address, so one attacker could block everyone.
"""

import pytest

from accounts.models import User
from mfa.fraud import watch
from mfa.models import SitePolicy
from tests.conftest import make_user
from tests.portal_client import Browser

PROXY = "192.0.2.10"
PEOPLE, LOGINS = 10, 60


@pytest.fixture
def people(policy: SitePolicy) -> list[User]:
    return [make_user(f"person{number}@example.org") for number in range(PEOPLE)]


def log_in_all(people: list[User]) -> None:
    """People with different addresses behind one proxy."""
    for number in range(LOGINS):
        client = f"203.0.113.{number}"
        browser = Browser(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=client)
        assert browser.password(people[number % PEOPLE]).status_code == 302


def test_unlisted_proxy_is_detected(people: list[User]) -> None:
    """X22: its address stands for all of them, and so do its limits."""
    log_in_all(people)
    assert watch.one_address() == PROXY


def test_listed_proxy_causes_no_alert(people: list[User], settings) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    log_in_all(people)
    assert watch.one_address() == ""


def test_single_attacker_is_not_taken_for_a_proxy(people: list[User]) -> None:
    """Administrators get no alert about a proxy that does not exist."""
    browser = Browser(REMOTE_ADDR=PROXY)
    for number in range(LOGINS):
        browser.password(people[number % PEOPLE], "a wrong one")
    assert watch.one_address() == ""
