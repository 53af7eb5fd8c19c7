"""Waits under many failures at once."""

from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from mfa import waits
from mfa.counters import TooMany
from mfa.limits import MINUTE
from mfa.models import AccountPolicy, Wait
from mfa.waits import WRONG_PASSWORDS
from tests.portal_client import Browser
from tests.races.parallel import many

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "alice@example.org"


def test_twenty_wrong_passwords_are_counted_one_by_one() -> None:
    counted = many(20, partial(waits.fail, WRONG_PASSWORDS, EMAIL))
    assert Wait.objects.get().failures == 20
    assert sorted(counted) == list(range(1, 21))


def test_the_longest_wait_among_parallel_failures_holds() -> None:
    many(12, partial(waits.fail, WRONG_PASSWORDS, EMAIL))
    with pytest.raises(TooMany) as caught:
        waits.check(WRONG_PASSWORDS, EMAIL)
    assert caught.value.until > timezone.now() + MINUTE


def test_parallel_guesses_from_one_known_browser_are_all_counted(
    policy: AccountPolicy, alice: User
) -> None:
    """What is in flight may overshoot the free ones, and each of them lengthens the wait."""
    known = Browser()
    known.log_in(alice)
    known.post("/logout/")

    def guess() -> int:
        browser = Browser()
        browser.cookies.load({"browser": known.cookies["browser"].value})
        return browser.password(alice, "not the password").status_code

    given = many(12, guess)
    assert Wait.objects.get().failures == given.count(200) >= 10
    assert known.password(alice).status_code == 429
