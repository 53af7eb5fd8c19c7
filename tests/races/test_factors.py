"""One person, several sessions, one phone."""

from functools import partial

import pytest

from accounts.models import User
from mfa import factors
from mfa.client import Client
from mfa.models import AuditEvent, Event, Factor, OutboxMessage
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Client("198.51.100.1", "Firefox")
NUMBERS = [f"+4477009005{number:02}" for number in range(10)]


def set_phone(user: User, number: str) -> bool:
    return factors.change_phone(user, number, client=HERE)


def sessions_of(user: User) -> list[User]:
    """The person as each of ten sessions has loaded it."""
    return [User.objects.get(pk=user.pk) for _ in NUMBERS]


def test_one_of_ten_parallel_enrollments_wins(bob: User) -> None:
    given = at_once(list(map(partial, [set_phone] * 10, sessions_of(bob), NUMBERS)))
    assert given.count(True) == 1
    assert Factor.objects.get().target == NUMBERS[given.index(True)]
    assert AuditEvent.objects.filter(event=Event.FACTOR_ADDED).count() == 1


def test_one_of_ten_parallel_changes_wins_and_notifies_once(
    alice: User,
) -> None:
    old = factors.phone_of(alice)
    given = at_once(list(map(partial, [set_phone] * 10, sessions_of(alice), NUMBERS)))
    assert given.count(True) == 1
    assert Factor.objects.usable().get().target == NUMBERS[given.index(True)]
    assert OutboxMessage.objects.get(channel="sms").target == old.target


def test_epoch_rises_by_one(bob: User) -> None:
    at_once(list(map(partial, [set_phone] * 10, sessions_of(bob), NUMBERS)))
    bob.refresh_from_db()
    assert bob.session_epoch == 1


def test_numbers_saved_beside_a_proof_never_replace_the_proven_one(alice: User) -> None:
    """K7: tabs that save or drop a number while another one types the code of the saved number."""
    for turn in range(5):
        new = NUMBERS[turn]
        alice.refresh_from_db()
        factors.save_number(alice, new, client=HERE)
        alice.refresh_from_db()
        tabs = iter(sessions_of(alice))
        work = [partial(factors.save_number, next(tabs), NUMBERS[-1], client=HERE) for _ in "123"]
        work += [partial(factors.drop_proposed, next(tabs)) for _ in "12"]
        assert at_once([*work, partial(set_phone, next(tabs), new)])[-1] is True
        assert list(alice.factors.usable().values_list("target", flat=True)) == [new]
        assert not alice.factors.filter(status="proposed").exists()
