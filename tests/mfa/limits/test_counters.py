"""Counters with a sliding window."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given, strategies as st

from mfa.limits import counters, table as limits
from mfa.limits.base import DAY, HOUR, MINUTE, Limit, Use
from mfa.limits.counters import TooMany
from mfa.models import Counter
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

THREE = Limit("three", 3, HOUR)
TWO = Limit("two", 2, HOUR)
every_limit = pytest.mark.parametrize("limit", limits.TABLE, ids=lambda it: f"{it.name}-{it.most}")


def use_up(limit: Limit, subject: str = "me") -> None:
    """Take the last ones, after writing the others directly."""
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
def test_uses_up_to_limit_pass_and_next_is_refused(
    limit: Limit, clock: time_machine.Traveller
) -> None:
    use_up(limit)
    refusal(limit)


@every_limit
def test_one_more_use_passes_after_end_of_refusal(
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
def test_limit_resets_after_window_without_use(limit: Limit, clock: time_machine.Traveller) -> None:
    use_up(limit)
    clock.shift(2 * limit.per)
    use_up(limit)


def test_window_slides_across_bucket_edge(clock: time_machine.Traveller) -> None:
    clock.move_to(NOON + timedelta(minutes=59))
    use_up(THREE)
    clock.move_to(NOON + HOUR)
    refusal(THREE)


def test_previous_bucket_counts_by_its_share_of_window(
    clock: time_machine.Traveller,
) -> None:
    use_up(THREE)
    # 3 uses of the hour before weigh 2 after a third of this one.
    clock.move_to(NOON + timedelta(minutes=80))
    counters.take([THREE.of("me")])
    refusal(THREE)


def test_end_of_full_window_is_exact(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    clock.move_to(NOON + timedelta(minutes=70))
    assert refusal(THREE).until == NOON + timedelta(minutes=80)


def test_end_of_full_bucket_is_exact(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    assert refusal(THREE).until == NOON + timedelta(minutes=80)


def test_refusal_message_shows_its_end(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    assert str(refusal(THREE)) == "refused until 2026-03-02T13:20:00+00:00"


def test_refusal_counts_nothing(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    refusal(THREE)
    refusal(THREE)
    assert Counter.objects.get().count == 3


def test_refusal_of_one_limit_counts_nothing_under_others(
    clock: time_machine.Traveller,
) -> None:
    use_up(TWO)
    with pytest.raises(TooMany):
        counters.take([THREE.of("me"), TWO.of("me")])
    assert Counter.objects.get().count == 2


def test_latest_of_several_ends_is_returned(clock: time_machine.Traveller) -> None:
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
def test_different_uses_count_separately(one: Use, other: Use) -> None:
    assert one.key != other.key


def test_table_reveals_no_subject(clock: time_machine.Traveller) -> None:
    counters.take([THREE.of("sms:+447700900201")])
    assert re.fullmatch(r"[0-9a-f]{64}", Counter.objects.get().key)


def test_keys_cannot_be_guessed_without_the_secret_key(settings) -> None:
    known = THREE.of("+447700900201").key
    settings.SECRET_KEY = "another"
    assert THREE.of("+447700900201").key != known


def test_key_rotation_keeps_counts(clock: time_machine.Traveller, settings) -> None:
    """DT-01, OT-05: nor do the two steps of a rotation on several machines."""
    old, new = settings.SECRET_KEY, "another key, as long and as dull as the first one"
    use_up(THREE)
    for key, fallbacks in ((old, [new, old]), (new, [old])):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, fallbacks
        with pytest.raises(TooMany):
            counters.take([THREE.of("me")])


def test_row_shows_only_its_count(clock: time_machine.Traveller) -> None:
    counters.take([THREE.of("me")])
    assert str(Counter.objects.get()) == f"1 in bucket {THREE.of('me').bucket(NOON)}"


def test_checking_limit_does_not_count(clock: time_machine.Traveller) -> None:
    counters.peek(THREE.of("me"))
    assert not Counter.objects.exists()


def test_peek_is_refused_at_the_limit(clock: time_machine.Traveller) -> None:
    for _ in range(3):
        counters.peek(THREE.of("me"))
        counters.count(THREE.of("me"))
    with pytest.raises(TooMany) as caught:
        counters.peek(THREE.of("me"))
    assert caught.value.until == NOON + timedelta(minutes=80)


def test_checking_limit_includes_previous_bucket(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    clock.move_to(NOON + HOUR)
    with pytest.raises(TooMany):
        counters.peek(THREE.of("me"))


def test_counts_above_the_limit_also_expire(clock: time_machine.Traveller) -> None:
    for _ in range(6):
        counters.count(THREE.of("me"))
    until = refusal(THREE).until
    clock.move_to(until + timedelta(milliseconds=1))
    counters.take([THREE.of("me")])


def test_refusal_names_exceeded_uses(clock: time_machine.Traveller) -> None:
    use_up(TWO)
    with pytest.raises(TooMany) as caught:
        counters.take([THREE.of("me"), TWO.of("me")])
    assert caught.value.over == (TWO.of("me"),)


def test_check_of_several_limits_is_refused_by_one(clock: time_machine.Traveller) -> None:
    use_up(TWO)
    with pytest.raises(TooMany) as caught:
        counters.peek(THREE.of("me"), TWO.of("me"))
    assert caught.value.over == (TWO.of("me"),)


def test_is_first_is_true_up_to_limit(clock: time_machine.Traveller) -> None:
    assert [counters.is_first(TWO.of("me")) for _ in range(4)] == [True, True, False, False]


def test_used_counts_like_a_refusal(clock: time_machine.Traveller) -> None:
    use_up(THREE)
    clock.move_to(NOON + timedelta(minutes=80))
    counters.take([THREE.of("me")])
    assert counters.used([THREE.of("me"), TWO.of("me")]) == {THREE.of("me"): 3, TWO.of("me"): 0}


def test_returned_use_can_be_taken_again(clock: time_machine.Traveller) -> None:
    use_up(TWO)
    counters.give_back([TWO.of("me"), THREE.of("me")], at=NOON)
    counters.take([TWO.of("me")])
    refusal(TWO)


def test_count_never_falls_below_zero(clock: time_machine.Traveller) -> None:
    counters.take([TWO.of("me")])
    for _ in range(3):
        counters.give_back([TWO.of("me")], at=NOON)
    use_up(TWO)
    refusal(TWO)


def test_late_returns_are_written_with_next_uses(
    clock: time_machine.Traveller, django_assert_num_queries
) -> None:
    use_up(TWO)
    with django_assert_num_queries(3), counters.late_returns():
        counters.give_back_late([TWO.of("me")], at=NOON)
        counters.take([THREE.of("me")])
    assert counters.used([TWO.of("me"), THREE.of("me")]) == {TWO.of("me"): 1, THREE.of("me"): 1}


def test_late_returns_survive_refusal_and_are_written_at_end(clock: time_machine.Traveller) -> None:
    use_up(TWO)
    use_up(THREE)
    with counters.late_returns():
        counters.give_back_late([TWO.of("me")], at=NOON)
        refusal(THREE)
    assert counters.used([TWO.of("me")]) == {TWO.of("me"): 1}


def test_late_returns_outside_block_are_written_immediately(clock: time_machine.Traveller) -> None:
    use_up(TWO)
    counters.give_back_late([TWO.of("me")], at=NOON)
    assert counters.used([TWO.of("me")]) == {TWO.of("me"): 1}


def test_returned_use_is_removed_from_its_bucket(clock: time_machine.Traveller) -> None:
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
def test_refusal_ends_exactly_at_its_time(most: int, before: int, count: int, seconds: int) -> None:
    limit = Limit("any", most, HOUR)
    now = NOON + timedelta(seconds=seconds)
    end = counters.full_until(limit, now, count, before) or now
    later = end + timedelta(milliseconds=1)
    # What the same bucket, the next one and the one after that would count then
    counts = [(count, before), (1, count - 1), (1, 0)][(later - NOON) // HOUR]
    assert end >= now
    assert end == now or counters.full_until(limit, later, *counts) is None


def test_moment_is_utc() -> None:
    assert counters._moment(NOON.timestamp()) == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_giving_back_nothing_needs_no_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        counters.give_back([], at=NOON)
