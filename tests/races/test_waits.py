"""Lockouts under many parallel failures."""

from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.limits import lockouts
from mfa.limits.base import MINUTE
from mfa.limits.counters import TooMany
from mfa.limits.lockouts import WRONG_PASSWORDS, Reservation
from mfa.limits.table import PASSWORDS_AT_ONCE, PASSWORDS_PER_ADDRESS
from mfa.models import AuditEvent, Counter, Event, Lockout, SitePolicy
from tests.portal_client import Browser
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

ALICE = lockouts.of_person(1)


def reserve() -> Reservation:
    return lockouts.reserve(WRONG_PASSWORDS, ALICE, PASSWORDS_AT_ONCE)


def test_twenty_wrong_answers_are_counted_one_by_one() -> None:
    counted = many(20, partial(lockouts.fail, WRONG_PASSWORDS, ALICE))
    assert Lockout.objects.get().failures == 20
    assert sorted(counted) == list(range(1, 21))


def test_longest_wait_among_parallel_failures_holds() -> None:
    many(12, partial(lockouts.fail, WRONG_PASSWORDS, ALICE))
    with pytest.raises(TooMany) as caught:
        reserve()
    assert caught.value.until > timezone.now() + MINUTE


def test_ten_of_twenty_parallel_attempts_are_reserved() -> None:
    given = many(20, reserve)
    assert len([one for one in given if isinstance(one, Reservation)]) == 10


def test_ten_attempts_are_reserved_while_others_fail() -> None:
    """A failure moves from one table to the other, and none is missed in between."""

    def attempt() -> int:
        return lockouts.fail_reserved(reserve())

    given = many(30, attempt)
    assert sorted(one for one in given if isinstance(one, int)) == list(range(1, 11))
    assert Lockout.objects.get().failures == 10


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_ten_of_twenty_parallel_wrong_passwords_are_verified(
    policy: SitePolicy, alice: User, email: str
) -> None:
    """S14: known and unknown alike, before any is hashed."""

    def guess() -> int:
        data = {"email": email, "password": "not the password"}
        return Browser().post("/login/", data).status_code

    given = many(20, guess)
    assert (given.count(200), given.count(429)) == (10, 10)
    assert AuditEvent.objects.filter(event=Event.PASSWORD_WRONG).count() == 10


def test_fifty_of_sixty_parallel_wrong_passwords_from_one_address_are_verified(
    policy: SitePolicy,
) -> None:
    """S14: one guess each for many accounts."""

    def guess(number: int) -> int:
        data = {"email": f"nobody{number}@example.org", "password": "not the password"}
        return Browser().post("/login/", data).status_code

    given = at_once([partial(guess, number) for number in range(60)])
    assert (given.count(200), given.count(429)) == (50, 10)


def test_parallel_right_passwords_give_reservations_back(policy: SitePolicy, alice: User) -> None:
    many(9, lambda: Browser().password(alice).status_code)
    assert not Lockout.objects.exists()
    uses = [
        PASSWORDS_AT_ONCE.of(f"password:{lockouts.of_person(alice.pk)}"),
        PASSWORDS_PER_ADDRESS.of("127.0.0.1"),
    ]
    assert Counter.objects.filter(key__in=[use.key for use in uses], count=0).count() == 2


def test_parallel_guesses_from_recognized_device_are_all_counted(
    policy: SitePolicy, alice: User
) -> None:
    """S14: ten are verified, and the tenth causes the lockout."""
    known = Browser()
    known.log_in(alice)
    known.post("/logout/")

    def guess() -> int:
        browser = Browser()
        browser.cookies.load({"browser": known.cookies["browser"].value})
        return browser.password(alice, "not the password").status_code

    given = many(12, guess)
    assert given.count(200) == 10
    assert Lockout.objects.filter(failures=10).count() == 1
    assert known.password(alice).status_code == 429
