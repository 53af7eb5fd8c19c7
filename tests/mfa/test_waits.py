"""Waits: what failures in a row cost, and when they are forgotten."""

import re
from datetime import timedelta

import pytest
import time_machine

from mfa import waits
from mfa.counters import TooMany
from mfa.limits import DAY, HOUR
from mfa.models import Wait
from mfa.waits import QUIET, WRONG_CODES, WRONG_PASSWORDS
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

EMAIL = "alice@example.org"


def fail(times: int) -> timedelta:
    failures = [waits.fail(WRONG_PASSWORDS, EMAIL) for _ in range(times)]
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
    waits.check(WRONG_PASSWORDS, EMAIL)


def test_the_tenth_failure_costs_a_wait_and_its_end_is_told(
    clock: time_machine.Traveller,
) -> None:
    assert fail(10) == timedelta(seconds=30)
    with pytest.raises(TooMany) as caught:
        waits.check(WRONG_PASSWORDS, EMAIL)
    assert caught.value.until == NOON + timedelta(seconds=30)


def test_after_the_wait_one_more_try_is_free_to_make(clock: time_machine.Traveller) -> None:
    fail(10)
    clock.shift(timedelta(seconds=30))
    waits.check(WRONG_PASSWORDS, EMAIL)
    assert fail(1) == timedelta(minutes=1)


def test_waits_are_counted_apart(clock: time_machine.Traveller) -> None:
    fail(10)
    waits.check(WRONG_PASSWORDS, "bob@example.org")
    waits.check(WRONG_CODES, EMAIL)


def test_success_forgets_all_failures(clock: time_machine.Traveller) -> None:
    fail(10)
    waits.forget(WRONG_PASSWORDS, EMAIL)
    waits.check(WRONG_PASSWORDS, EMAIL)
    assert fail(9) == timedelta()


def test_success_forgets_nobody_else_s_failures(clock: time_machine.Traveller) -> None:
    fail(10)
    waits.forget(WRONG_PASSWORDS, "bob@example.org")
    with pytest.raises(TooMany):
        waits.check(WRONG_PASSWORDS, EMAIL)


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


def test_a_check_says_whether_there_is_anything_to_forget(clock: time_machine.Traveller) -> None:
    assert not waits.check(WRONG_PASSWORDS, EMAIL)
    fail(1)
    assert waits.check(WRONG_PASSWORDS, EMAIL)


def test_forgetting_nothing_is_fine() -> None:
    waits.forget(WRONG_PASSWORDS, EMAIL)
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
        waits.check(WRONG_PASSWORDS, EMAIL)
