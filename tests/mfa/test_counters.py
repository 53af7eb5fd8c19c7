"""Counters: the window that slides."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given, strategies as st

from mfa import counters, limits
from mfa.counters import TooMany
from mfa.limits import DAY, HOUR, MINUTE, Limit
from mfa.models import Counter
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

THREE = Limit("three", 3, HOUR)
TWO = Limit("two", 2, HOUR)
every_limit = pytest.mark.parametrize("limit", limits.TABLE, ids=lambda it: f"{it.name}-{it.most}")


def use_up(limit: Limit, subject: str = "me") -> None:
    """The last of them really taken, those before it written down at once."""
    use = limit.of(subject)
    row, _ = Counter.objects.get_or_create(
        key=use.key, bucket=use.bucket(timezone.now()), defaults={"count": 0}
    )
    Counter.objects.filter(pk=row.pk).update(count=limit.most - 1)
    counters.take([use])


def refusal(limit: Limit, subject: str = "me") -> TooMany:
    with pytest.raises(TooMany) as caught:
        counters.take([limit.of(subject)])
    return caught.value


@every_limit
def test_the_most_pass_and_one_more_is_refused(limit: Limit, clock: time_machine.Traveller) -> None:
    use_up(limit)
    refusal(limit)


@every_limit
def test_a_refusal_tells_its_end_and_then_one_more_passes(
    limit: Limit, clock: time_machine.Traveller
) -> None:
    use_up(limit)
    until = refusal(limit).until
    assert NOON < until <= NOON + 2 * limit.per
    clock.move_to(until - timedelta(milliseconds=1))
    assert refusal(limit).until == until
    clock.move_to(until + timedelta(milliseconds=1))
    counters.take([limit.of("me")])


@every_limit
def test_a_quiet_window_leaves_room_for_the_most_again(
    limit: Limit, clock: time_machine.Traveller
) -> None:
    use_up(limit)
    clock.shift(2 * limit.per)
    use_up(limit)


def test_the_window_slides_over_the_bucket_s_edge(clock: time_machine.Traveller) -> None:
    clock.move_to(NOON + timedelta(minutes=59))
    use_up(THREE)
    clock.move_to(NOON + HOUR)
    refusal(THREE)


def test_the_bucket_before_counts_by_the_part_that_the_window_covers(
    clock: time_machine.Traveller,
) -> None:
    use_up(THREE)
    # 3 uses of the hour before weigh 2 after a third of this one.
    clock.move_to(NOON + timedelta(minutes=80))
    counters.take([THREE.of("me")])
    refusal(THREE)


def test_the_end_of_a_full_window_is_exact(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    clock.move_to(NOON + timedelta(minutes=70))
    assert refusal(THREE).until == NOON + timedelta(minutes=80)


def test_the_end_of_a_full_bucket_is_exact(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    assert refusal(THREE).until == NOON + timedelta(minutes=80)


def test_a_refusal_reads_as_its_end(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    assert str(refusal(THREE)) == "refused until 2026-03-02T13:20:00+00:00"


def test_a_refusal_counts_nothing(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    refusal(THREE)
    refusal(THREE)
    assert Counter.objects.get().count == 3


def test_a_refusal_of_one_limit_counts_nothing_under_the_others(
    clock: time_machine.Traveller,
) -> None:
    use_up(TWO)
    with pytest.raises(TooMany):
        counters.take([THREE.of("me"), TWO.of("me")])
    assert Counter.objects.get().count == 2


def test_the_last_of_several_ends_is_told(clock: time_machine.Traveller) -> None:
    short, long = Limit("short", 1, MINUTE), Limit("long", 1, DAY)
    counters.take([short.of("me"), long.of("me")])
    with pytest.raises(TooMany) as caught:
        counters.take([short.of("me"), long.of("me")])
    assert caught.value.until > NOON + HOUR


def test_one_use_named_twice_counts_once(clock: time_machine.Traveller) -> None:
    counters.take([THREE.of("me"), THREE.of("me")])
    assert Counter.objects.get().count == 1


def test_uses_in_any_order_count_the_same(clock: time_machine.Traveller) -> None:
    uses = [limit.of(subject) for limit in (THREE, TWO) for subject in "zam"]
    counters.take(uses)
    counters.take(reversed(uses))
    assert set(Counter.objects.values_list("count", flat=True)) == {2}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (THREE.of("sms:+447700900201"), THREE.of("email:alice@example.org")),
        (THREE.of("+447700900201"), THREE.of("+447700900203")),
        (THREE.of("me"), Limit("other", 3, HOUR).of("me")),
        (THREE.of("me"), Limit("three", 3, DAY).of("me")),
    ],
    ids=["channel", "subject", "name", "window"],
)
def test_what_differs_is_counted_apart(one: limits.Use, other: limits.Use) -> None:
    assert one.key != other.key


def test_the_table_tells_no_subject(clock: time_machine.Traveller) -> None:
    counters.take([THREE.of("sms:+447700900201")])
    assert re.fullmatch(r"[0-9a-f]{64}", Counter.objects.get().key)


def test_keys_cannot_be_guessed_without_the_secret_key(settings) -> None:
    known = THREE.of("+447700900201").key
    settings.SECRET_KEY = "another"
    assert THREE.of("+447700900201").key != known


def test_a_rotated_secret_key_forgets_no_count(clock: time_machine.Traveller, settings) -> None:
    """DT-01, OT-05: nor do the two steps of a rotation over several machines."""
    old, new = settings.SECRET_KEY, "another key, as long and as dull as the first one"
    use_up(THREE)
    for key, fallbacks in ((old, [new, old]), (new, [old])):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, fallbacks
        with pytest.raises(TooMany):
            counters.take([THREE.of("me")])


def test_a_row_says_only_its_count(clock: time_machine.Traveller) -> None:
    counters.take([THREE.of("me")])
    assert str(Counter.objects.get()) == f"1 in bucket {THREE.of('me').bucket(NOON)}"


def test_a_peek_counts_nothing(clock: time_machine.Traveller) -> None:
    counters.peek(THREE.of("me"))
    assert not Counter.objects.exists()


def test_a_peek_is_refused_where_one_more_would_be(clock: time_machine.Traveller) -> None:
    for _ in range(3):
        counters.peek(THREE.of("me"))
        counters.count(THREE.of("me"))
    with pytest.raises(TooMany) as caught:
        counters.peek(THREE.of("me"))
    assert caught.value.until == NOON + timedelta(minutes=80)


def test_a_peek_sees_the_bucket_before(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    clock.move_to(NOON + HOUR)
    with pytest.raises(TooMany):
        counters.peek(THREE.of("me"))


def test_what_was_counted_past_the_most_ends_too(clock: time_machine.Traveller) -> None:
    for _ in range(6):
        counters.count(THREE.of("me"))
    until = refusal(THREE).until
    clock.move_to(until + timedelta(milliseconds=1))
    counters.take([THREE.of("me")])


def test_a_refusal_names_what_was_one_too_many(clock: time_machine.Traveller) -> None:
    use_up(TWO)
    with pytest.raises(TooMany) as caught:
        counters.take([THREE.of("me"), TWO.of("me")])
    assert caught.value.over == (TWO.of("me"),)


def test_a_peek_at_several_is_refused_by_one(clock: time_machine.Traveller) -> None:
    use_up(TWO)
    with pytest.raises(TooMany) as caught:
        counters.peek(THREE.of("me"), TWO.of("me"))
    assert caught.value.over == (TWO.of("me"),)


def test_the_first_are_those_under_the_limit(clock: time_machine.Traveller) -> None:
    assert [counters.is_first(TWO.of("me")) for _ in range(4)] == [True, True, False, False]


def test_what_is_used_is_told_as_a_refusal_sees_it(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    clock.move_to(NOON + timedelta(minutes=80))
    counters.take([THREE.of("me")])
    assert counters.used([THREE.of("me"), TWO.of("me")]) == {THREE.of("me"): 3, TWO.of("me"): 0}


def test_what_is_given_back_may_be_used_again(clock: time_machine.Traveller) -> None:
    use_up(TWO)
    counters.give_back([TWO.of("me"), THREE.of("me")], at=NOON)
    counters.take([TWO.of("me")])
    refusal(TWO)


def test_nothing_is_given_back_below_nothing(clock: time_machine.Traveller) -> None:
    counters.take([TWO.of("me")])
    for _ in range(3):
        counters.give_back([TWO.of("me")], at=NOON)
    use_up(TWO)
    refusal(TWO)


def test_it_is_given_back_where_it_was_counted(clock: time_machine.Traveller) -> None:
    counters.take([TWO.of("me")])
    clock.move_to(NOON + HOUR)
    counters.give_back([TWO.of("me")], at=NOON)
    assert Counter.objects.get().count == 0


@given(
    most=st.integers(1, 60),
    before=st.integers(0, 60),
    count=st.integers(1, 61),
    seconds=st.integers(0, 3599),
)
def test_at_its_end_a_refusal_is_over(most: int, before: int, count: int, seconds: int) -> None:
    limit = Limit("any", most, HOUR)
    now = NOON + timedelta(seconds=seconds)
    end = counters.full_until(limit, now, count, before) or now
    later = end + timedelta(milliseconds=1)
    # What the same bucket, the next one and the one after that would count then
    counts = [(count, before), (1, count - 1), (1, 0)][(later - NOON) // HOUR]
    assert end >= now
    assert end == now or counters.full_until(limit, later, *counts) is None


def test_a_moment_is_utc() -> None:
    assert counters._moment(NOON.timestamp()) == datetime(2026, 3, 2, 12, tzinfo=UTC)
