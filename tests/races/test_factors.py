"""One person, several sessions, one phone."""

from functools import partial

import pytest

from accounts.models import User
from mfa import factors
from mfa.models import AuditEvent, Event, Factor, OutboxMessage
from mfa.origin import Origin
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Origin("198.51.100.1", "Firefox")
NUMBERS = [f"+4477009005{number:02}" for number in range(10)]


def set_phone(user: User, number: str) -> bool:
    return factors.set_phone(user, number, origin=HERE)


def sessions_of(user: User) -> list[User]:
    """The person as each of ten sessions has loaded it."""
    return [User.objects.get(pk=user.pk) for _ in NUMBERS]


def test_of_ten_sessions_that_enroll_at_once_one_wins(bob: User) -> None:
    given = at_once(list(map(partial, [set_phone] * 10, sessions_of(bob), NUMBERS)))
    assert given.count(True) == 1
    assert Factor.objects.get().target == NUMBERS[given.index(True)]
    assert AuditEvent.objects.filter(event=Event.FACTOR_ADDED).count() == 1


def test_of_ten_sessions_that_change_at_once_one_wins_and_the_old_number_is_told_once(
    alice: User,
) -> None:
    old = factors.phone_of(alice)
    given = at_once(list(map(partial, [set_phone] * 10, sessions_of(alice), NUMBERS)))
    assert given.count(True) == 1
    assert Factor.objects.usable().get().target == NUMBERS[given.index(True)]
    assert OutboxMessage.objects.get(channel="sms").target == old.target


def test_the_epoch_rises_by_one(bob: User) -> None:
    at_once(list(map(partial, [set_phone] * 10, sessions_of(bob), NUMBERS)))
    bob.refresh_from_db()
    assert bob.session_epoch == 1
