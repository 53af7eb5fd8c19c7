"""One recovery code used in parallel, and two sets at once (LK-01)."""

from functools import partial

import pytest

from accounts.models import User
from mfa.challenges import Outcome
from mfa.client import Client
from mfa.factors import recovery_codes
from mfa.limits.counters import TooMany
from mfa.models import Factor
from mfa.rules.recovery import normalize
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Client("198.51.100.1", "Firefox")
HOME = Client("192.0.2.1", "Firefox", known="a")


def test_one_of_ten_parallel_uses_of_a_code_is_right(alice: User) -> None:
    code = normalize(recovery_codes.make(alice, client=HERE)[0])
    given = many(10, lambda: recovery_codes.spend(alice, code, client=HERE).outcome)
    assert sorted(given) == [Outcome.RIGHT, *[Outcome.SPENT] * 9]


def test_five_of_twenty_parallel_wrong_codes_are_verified(alice: User) -> None:
    """S08."""
    recovery_codes.make(alice, client=HERE)
    given = many(20, lambda: recovery_codes.spend(alice, "0" * 13, client=HERE).outcome)
    assert given.count(Outcome.WRONG) == 4
    assert given.count(Outcome.LOCKED) == 1


def test_owners_right_code_passes_during_attackers_burst(alice: User) -> None:
    """S08: from a recognized device. A burst uses only its own attempts."""
    codes = recovery_codes.make(alice, client=HERE)
    used = normalize(codes[0])
    recovery_codes.spend(alice, used, client=HERE)

    def post(code: str, client: Client) -> Outcome:
        return recovery_codes.spend(User.objects.get(pk=alice.pk), code, client=client).outcome

    thief = [partial(post, code, HERE) for code in ("0" * 13, used) for _ in range(12)]
    *guessed, owned = at_once([*thief, partial(post, normalize(codes[1]), HOME)])
    assert owned is Outcome.RIGHT
    assert Outcome.RIGHT not in guessed
    assert post(normalize(codes[2]), HOME) is Outcome.RIGHT


def test_twenty_of_thirty_parallel_used_codes_are_hashed(alice: User) -> None:
    code = normalize(recovery_codes.make(alice, client=HERE)[0])
    given = many(30, lambda: recovery_codes.spend(alice, code, client=HERE))
    assert len([one for one in given if isinstance(one, TooMany)]) == 10


def test_one_of_five_parallel_new_sets_wins(alice: User) -> None:
    people = [User.objects.get(pk=alice.pk) for _ in range(5)]
    given = at_once([partial(recovery_codes.make, person, client=HERE) for person in people])
    [codes] = [codes for codes in given if codes]
    assert Factor.objects.usable().filter(kind=Factor.Kind.RECOVERY_CODES).count() == 1
    assert recovery_codes.spend(alice, normalize(codes[0]), client=HERE).outcome is Outcome.RIGHT
