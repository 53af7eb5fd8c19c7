"""Attempts count per person, however the email is typed (X16, allauth 65.19.4).

There accented twins of an email opened the same account, and each had its own attempts.
"""

import unicodedata

import pytest
import time_machine

from accounts.models import User
from mfa.models import SitePolicy
from tests.conftest import make_user
from tests.portal_client import PASSWORD, Browser
from tests.stations import mailed_link

EMAIL = "jose@bücher.example"
# In a row, before each further one causes a wait
FREE = 9


def spelled(email: str) -> list[str]:
    """Different spellings of the same email."""
    name, _, domain = email.partition("@")
    return [
        email,
        email.upper(),
        unicodedata.normalize("NFD", email),
        f"{name}@{domain.encode('idna').decode()}",
        f"  {email}\t",
        f"<{email}>",
        f"mailto:{email}",
        f"{name}\uff20{domain}",
        f"{name}\u200b@{domain}",
    ]


@pytest.fixture
def jose(policy: SitePolicy, clock: time_machine.Traveller) -> User:
    return make_user(EMAIL)


def wrong(email: str) -> int:
    """Try a wrong password from an unrecognized device. Return the status."""
    return Browser().post("/login/", {"email": email, "password": "a wrong one"}).status_code


def reached(email: str) -> bool:
    return Browser().post("/login/", {"email": email, "password": PASSWORD}).status_code == 302


def test_all_spellings_of_an_email_share_attempts(jose: User) -> None:
    """X16: one account, one count."""
    opening = [email for email in spelled(EMAIL) if reached(email)]
    assert opening == spelled(EMAIL)
    for number in range(FREE + 1):
        assert wrong(opening[number % len(opening)]) == 200
    assert {wrong(email) for email in spelled(EMAIL)} == {429}
    assert not any(reached(email) for email in spelled(EMAIL))


@pytest.mark.parametrize("twin", ["josé@bücher.example", "jose@bucher.example"])
def test_accented_twin_of_email_gives_no_access_and_uses_no_attempts(jose: User, twin: str) -> None:
    """X16: strangers who type a twin cannot lock anyone out."""
    for _ in range(FREE + 2):
        wrong(twin)
    assert not reached(twin)
    assert reached(EMAIL)


def test_changed_email_gives_no_new_attempts(alice: User) -> None:
    """X16: the count belongs to the person, not to the email."""
    for _ in range(FREE):
        assert wrong(alice.email) == 200
    home = Browser()
    home.log_in(alice)
    home.post("/me/email/", {"email": "alice@new.example"})
    uid, token = mailed_link()
    home.post(f"/me/email/{uid}/{token}/")
    assert wrong("alice@new.example") == 200
    assert wrong("alice@new.example") == 429
