"""One recovery code in many hands; two sets at once (LK-01)."""

from functools import partial

import pytest

from accounts.models import User
from mfa import recovery
from mfa.answers import Answer
from mfa.counters import TooMany
from mfa.models import Factor
from mfa.origin import Origin
from mfa.rules.recovery import normalize
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Origin("198.51.100.1", "Firefox")


def test_of_ten_who_use_one_code_at_once_one_is_right(alice: User) -> None:
    code = normalize(recovery.make(alice, origin=HERE)[0])
    given = many(10, lambda: recovery.spend(alice, code, origin=HERE).answer)
    assert sorted(given) == [Answer.RIGHT, *[Answer.SPENT] * 9]


def test_of_twenty_wrong_codes_at_once_ten_are_judged(alice: User) -> None:
    recovery.make(alice, origin=HERE)
    given = many(20, lambda: recovery.spend(alice, "0" * 13, origin=HERE).answer)
    assert given.count(Answer.WRONG) == 9
    assert given.count(Answer.LOCKED) == 1


def test_of_thirty_used_codes_at_once_twenty_are_hashed(alice: User) -> None:
    code = normalize(recovery.make(alice, origin=HERE)[0])
    given = many(30, lambda: recovery.spend(alice, code, origin=HERE))
    assert len([one for one in given if isinstance(one, TooMany)]) == 10


def test_of_five_sessions_that_make_codes_at_once_one_wins(alice: User) -> None:
    people = [User.objects.get(pk=alice.pk) for _ in range(5)]
    given = at_once([partial(recovery.make, person, origin=HERE) for person in people])
    [codes] = [codes for codes in given if codes]
    assert Factor.objects.usable().filter(kind=Factor.Kind.RECOVERY_CODES).count() == 1
    assert recovery.spend(alice, normalize(codes[0]), origin=HERE).answer is Answer.RIGHT
