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
HOME = Origin("192.0.2.1", "Firefox", known="a")


def test_of_ten_who_use_one_code_at_once_one_is_right(alice: User) -> None:
    code = normalize(recovery.make(alice, origin=HERE)[0])
    given = many(10, lambda: recovery.spend(alice, code, origin=HERE).answer)
    assert sorted(given) == [Answer.RIGHT, *[Answer.SPENT] * 9]


def test_of_twenty_wrong_codes_of_strangers_at_once_five_are_judged(alice: User) -> None:
    """S08."""
    recovery.make(alice, origin=HERE)
    given = many(20, lambda: recovery.spend(alice, "0" * 13, origin=HERE).answer)
    assert given.count(Answer.WRONG) == 4
    assert given.count(Answer.LOCKED) == 1


def test_owners_right_code_passes_within_a_burst_of_a_thief(alice: User) -> None:
    """S08: from a recognized device; a burst uses up no more than its own."""
    codes = recovery.make(alice, origin=HERE)
    used = normalize(codes[0])
    recovery.spend(alice, used, origin=HERE)

    def post(code: str, origin: Origin) -> Answer:
        return recovery.spend(User.objects.get(pk=alice.pk), code, origin=origin).answer

    thief = [partial(post, code, HERE) for code in ("0" * 13, used) for _ in range(12)]
    *guessed, owned = at_once([*thief, partial(post, normalize(codes[1]), HOME)])
    assert owned is Answer.RIGHT
    assert Answer.RIGHT not in guessed
    assert post(normalize(codes[2]), HOME) is Answer.RIGHT


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
