"""Waits under many failures at once."""

from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from mfa import waits
from mfa.counters import TooMany
from mfa.limits import MINUTE
from mfa.models import AccountPolicy, AuditEvent, Event, Wait
from mfa.waits import WRONG_PASSWORDS
from tests.portal_client import Browser
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

ALICE = waits.of_person(1)


def test_twenty_wrong_answers_are_counted_one_by_one() -> None:
    counted = many(20, partial(waits.fail, WRONG_PASSWORDS, ALICE))
    assert Wait.objects.get().failures == 20
    assert sorted(counted) == list(range(1, 21))


def test_the_longest_wait_among_parallel_failures_holds() -> None:
    many(12, partial(waits.fail, WRONG_PASSWORDS, ALICE))
    with pytest.raises(TooMany) as caught:
        waits.reserve(WRONG_PASSWORDS, ALICE)
    assert caught.value.until > timezone.now() + MINUTE


def test_of_twenty_attempts_at_once_ten_are_reserved() -> None:
    given = many(20, partial(waits.reserve, WRONG_PASSWORDS, ALICE))
    assert sorted(one for one in given if isinstance(one, int)) == list(range(1, 11))


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_of_twenty_wrong_passwords_at_once_ten_are_judged(
    policy: AccountPolicy, alice: User, email: str
) -> None:
    """S14: known and unknown alike, before any of them is hashed."""

    def guess() -> int:
        data = {"email": email, "password": "not the password"}
        return Browser().post("/login/", data).status_code

    given = many(20, guess)
    assert (given.count(200), given.count(429)) == (10, 10)
    assert AuditEvent.objects.filter(event=Event.PASSWORD_WRONG).count() == 10


def test_of_sixty_wrong_passwords_from_one_address_at_once_fifty_are_judged(
    policy: AccountPolicy,
) -> None:
    """S14: one guess each at many accounts."""

    def guess(number: int) -> int:
        data = {"email": f"nobody{number}@example.org", "password": "not the password"}
        return Browser().post("/login/", data).status_code

    given = at_once([partial(guess, number) for number in range(60)])
    assert (given.count(200), given.count(429)) == (50, 10)


def test_right_passwords_at_once_give_their_reservations_back(
    policy: AccountPolicy, alice: User
) -> None:
    many(9, lambda: Browser().password(alice).status_code)
    assert Wait.objects.get().failures == 0
    assert waits.reserve(WRONG_PASSWORDS, waits.of_person(alice.pk)) == 1


def test_parallel_guesses_from_one_known_browser_are_all_counted(
    policy: AccountPolicy, alice: User
) -> None:
    """S14: ten are judged, and the tenth costs the wait."""
    known = Browser()
    known.log_in(alice)
    known.post("/logout/")

    def guess() -> int:
        browser = Browser()
        browser.cookies.load({"browser": known.cookies["browser"].value})
        return browser.password(alice, "not the password").status_code

    given = many(12, guess)
    assert given.count(200) == 10
    assert Wait.objects.filter(failures=10).count() == 1
    assert known.password(alice).status_code == 429
