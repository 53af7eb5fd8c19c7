"""A proxy that hides all clients is noticed (X22, CISO Assistant CVE-2026-135165).

There all clients shared the front end's address, so that one attacker blocked everybody.
"""

import pytest

from accounts.models import User
from mfa import watching
from mfa.models import AccountPolicy
from tests.conftest import make_user
from tests.portal_client import Browser

PROXY = "192.0.2.10"
PEOPLE, LOGINS = 10, 60


@pytest.fixture
def people(policy: AccountPolicy) -> list[User]:
    return [make_user(f"person{number}@example.org") for number in range(PEOPLE)]


def log_in_all(people: list[User]) -> None:
    """Each from an address of their own, behind one proxy."""
    for number in range(LOGINS):
        client = f"203.0.113.{number}"
        browser = Browser(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=client)
        assert browser.password(people[number % PEOPLE]).status_code == 302


def test_a_proxy_that_is_not_named_is_found(people: list[User]) -> None:
    """X22: its address stands for all of theirs, and so for their limits."""
    log_in_all(people)
    assert watching.one_address() == PROXY


def test_a_proxy_that_is_named_hides_nobody(people: list[User], settings) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    log_in_all(people)
    assert watching.one_address() == ""


def test_an_attacker_who_guesses_alone_is_no_proxy(people: list[User]) -> None:
    """Administrators are not sent to look for a proxy that is none."""
    browser = Browser(REMOTE_ADDR=PROXY)
    for number in range(LOGINS):
        browser.password(people[number % PEOPLE], "a wrong one")
    assert watching.one_address() == ""
