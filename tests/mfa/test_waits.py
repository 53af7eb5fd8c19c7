"""Waits: what failures in a row cost, and when they are forgotten."""

import re
from datetime import timedelta

import pytest
import time_machine

from mfa import waits
from mfa.counters import TooMany
from mfa.limits import DAY, HOUR
from mfa.models import Wait
from mfa.waits import (
    QUIET,
    WRONG_CODES,
    WRONG_CODES_OF_STRANGERS,
    WRONG_PASSWORDS,
    Backoff,
)
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

ALICE, BOB = waits.of_person(1), waits.of_person(2)


def check(backoff: Backoff, subject: str) -> None:
    """Let the wait refuse an attempt, which counts for nothing."""
    waits.reserve(backoff, subject)
    waits.give_back(backoff, subject)


def fail(times: int) -> timedelta:
    failures = [waits.fail(WRONG_PASSWORDS, ALICE) for _ in range(times)]
    return WRONG_PASSWORDS.after(failures[-1])


@pytest.mark.parametrize(
    ("failures", "cost"),
    [
        (0, timedelta()),
        (9, timedelta()),
        (10, timedelta(seconds=30)),
        (11, timedelta(minutes=1)),
        (12, timedelta(minutes=2)),
        (16, timedelta(minutes=32)),
        (17, timedelta(hours=1)),
        (1_000_000, timedelta(hours=1)),
    ],
)
def test_wrong_passwords_cost_half_a_minute_doubling_to_an_hour(
    failures: int, cost: timedelta
) -> None:
    assert WRONG_PASSWORDS.after(failures) == cost


@pytest.mark.parametrize(
    ("failures", "cost"),
    [
        (9, timedelta()),
        (10, timedelta(minutes=15)),
        (11, timedelta(minutes=30)),
        (12, timedelta(hours=1)),
        (100, timedelta(hours=1)),
    ],
)
def test_wrong_codes_cost_a_quarter_doubling_to_an_hour(failures: int, cost: timedelta) -> None:
    assert WRONG_CODES.after(failures) == cost


def test_nine_failures_are_free(clock: time_machine.Traveller) -> None:
    assert fail(9) == timedelta()
    check(WRONG_PASSWORDS, ALICE)


def test_the_tenth_failure_costs_a_wait_and_its_end_is_told(
    clock: time_machine.Traveller,
) -> None:
    assert fail(10) == timedelta(seconds=30)
    with pytest.raises(TooMany) as caught:
        check(WRONG_PASSWORDS, ALICE)
    assert caught.value.until == NOON + timedelta(seconds=30)


def test_after_the_wait_one_more_try_is_free_to_make(clock: time_machine.Traveller) -> None:
    fail(10)
    clock.shift(timedelta(seconds=30))
    check(WRONG_PASSWORDS, ALICE)
    assert fail(1) == timedelta(minutes=1)


def test_waits_are_counted_apart(clock: time_machine.Traveller) -> None:
    fail(10)
    check(WRONG_PASSWORDS, BOB)
    check(WRONG_CODES, ALICE)


def test_success_forgets_all_failures(clock: time_machine.Traveller) -> None:
    fail(10)
    waits.forget(WRONG_PASSWORDS, ALICE)
    check(WRONG_PASSWORDS, ALICE)
    assert fail(9) == timedelta()


def test_success_forgets_nobody_else_s_failures(clock: time_machine.Traveller) -> None:
    fail(10)
    waits.forget(WRONG_PASSWORDS, BOB)
    with pytest.raises(TooMany):
        check(WRONG_PASSWORDS, ALICE)


def test_few_failures_are_forgotten_after_a_quiet_quarter(clock: time_machine.Traveller) -> None:
    fail(9)
    clock.shift(QUIET + timedelta(seconds=1))
    assert fail(9) == timedelta()


def test_few_failures_are_remembered_before_that(clock: time_machine.Traveller) -> None:
    fail(9)
    clock.shift(QUIET - timedelta(seconds=1))
    assert fail(1) == timedelta(seconds=30)


def test_many_failures_are_remembered_for_a_day(clock: time_machine.Traveller) -> None:
    fail(10)
    clock.shift(DAY)
    assert fail(1) == timedelta(minutes=1)


def test_many_failures_are_forgotten_after_a_quiet_day(clock: time_machine.Traveller) -> None:
    fail(10)
    clock.shift(DAY + timedelta(seconds=31))
    assert fail(9) == timedelta()


def test_a_guesser_who_waits_each_time_gains_one_try_an_hour(
    clock: time_machine.Traveller,
) -> None:
    fail(20)
    clock.shift(HOUR)
    assert fail(1) == HOUR


def test_a_reserved_attempt_counts_as_a_failure_until_it_is_given_back(
    clock: time_machine.Traveller,
) -> None:
    """S14."""
    assert [waits.reserve(WRONG_PASSWORDS, ALICE) for _ in range(10)] == list(range(1, 11))
    with pytest.raises(TooMany) as caught:
        waits.reserve(WRONG_PASSWORDS, ALICE)
    assert caught.value.until == NOON + timedelta(seconds=30)
    waits.give_back(WRONG_PASSWORDS, ALICE)
    assert waits.reserve(WRONG_PASSWORDS, ALICE) == 10


def test_no_more_is_given_back_than_was_counted(clock: time_machine.Traveller) -> None:
    fail(2)
    waits.give_back(WRONG_PASSWORDS, ALICE, 5)
    assert waits.reserve(WRONG_PASSWORDS, ALICE) == 1


def test_five_wrong_codes_of_strangers_cost_a_wait(clock: time_machine.Traveller) -> None:
    """S08: the other five are kept for recognized devices."""
    cost = [WRONG_CODES_OF_STRANGERS.after(failures) for failures in (4, 5, 6)]
    assert cost == [timedelta(), timedelta(minutes=15), timedelta(minutes=30)]


def test_forgetting_nothing_is_fine() -> None:
    waits.forget(WRONG_PASSWORDS, ALICE)
    assert not Wait.objects.exists()


def test_the_table_tells_no_email(clock: time_machine.Traveller) -> None:
    fail(1)
    wait = Wait.objects.get()
    assert re.fullmatch(r"[0-9a-f]{64}", wait.key)
    assert str(wait) == "1 failures"


def test_a_rotated_secret_key_forgets_no_wait(clock: time_machine.Traveller, settings) -> None:
    """DT-01, LG-02."""
    fail(10)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, as long and as dull as the first one"
    with pytest.raises(TooMany):
        check(WRONG_PASSWORDS, ALICE)
