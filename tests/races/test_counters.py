"""Counters under many parallel uses."""

from functools import partial
from random import Random

import pytest

from mfa.limits import counters
from mfa.limits.base import HOUR, Limit
from mfa.limits.counters import TooMany
from mfa.models import Counter
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

FIVE, TEN = Limit("five", 5, HOUR), Limit("ten", 10, HOUR)


def passed(given: list[object]) -> int:
    return len([one for one in given if not isinstance(one, TooMany)])


def test_fifty_parallel_uses_pass_up_to_the_limit() -> None:
    given = many(50, partial(counters.take, [TEN.of("me")]))
    assert passed(given) == Counter.objects.get().count == 10


def test_overlapping_uses_in_any_order_pass_just_as_often_and_never_deadlock() -> None:
    # Each thread takes the same eight rows in its own order. The fixed seed does not matter.
    subjects = [FIVE.of("scarce"), *(TEN.of(str(number)) for number in range(7))]
    orders = [Random(seed).sample(subjects, k=8) for seed in range(30)]
    given = at_once([partial(counters.take, order) for order in orders])
    assert passed(given) == 5
    assert set(Counter.objects.values_list("count", flat=True)) == {5}


def test_partly_overlapping_uses_count_separately() -> None:
    ring = [[FIVE.of(str(n)), FIVE.of(str((n + 1) % 10))] for n in range(10)]
    given = at_once([partial(counters.take, pair) for pair in ring * 2])
    assert passed(given) == 20
    assert set(Counter.objects.values_list("count", flat=True)) == {4}


def test_fifty_parallel_counts_are_all_counted() -> None:
    many(50, partial(counters.count, TEN.of("me")))
    assert Counter.objects.get().count == 50
