"""Lockouts: the waits after failures, and when failures are forgotten."""

import re
from datetime import timedelta

import pytest
import time_machine

from mfa.limits import counters, lockouts
from mfa.limits.base import DAY, HOUR
from mfa.limits.counters import TooMany
from mfa.limits.lockouts import (
    QUIET,
    WRONG_CODES,
    WRONG_CODES_OF_STRANGERS,
    WRONG_PASSWORDS,
    Backoff,
    Reservation,
)
from mfa.limits.table import PASSWORDS_AT_ONCE, PASSWORDS_PER_ADDRESS
from mfa.models import Lockout
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

ALICE, BOB = lockouts.of_person(1), lockouts.of_person(2)


def reserve(backoff: Backoff, subject: str) -> Reservation:
    return lockouts.reserve(backoff, subject, PASSWORDS_AT_ONCE)


def check(backoff: Backoff, subject: str) -> None:
    """Try during a lockout, which is refused and not counted."""
    lockouts.give_back_all(reserve(backoff, subject))


def fail(times: int) -> timedelta:
    failures = [lockouts.fail(WRONG_PASSWORDS, ALICE) for _ in range(times)]
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
def test_password_lockout_doubles_from_30_seconds_to_an_hour(
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
def test_code_lockout_doubles_from_15_minutes_to_an_hour(failures: int, cost: timedelta) -> None:
    assert WRONG_CODES.after(failures) == cost


def test_nine_failures_cause_no_lockout(clock: time_machine.Traveller) -> None:
    assert fail(9) == timedelta()
    check(WRONG_PASSWORDS, ALICE)


def test_tenth_failure_causes_lockout_with_end(
    clock: time_machine.Traveller,
) -> None:
    assert fail(10) == timedelta(seconds=30)
    with pytest.raises(TooMany) as caught:
        check(WRONG_PASSWORDS, ALICE)
    assert caught.value.until == NOON + timedelta(seconds=30)


def test_one_attempt_is_possible_after_lockout(clock: time_machine.Traveller) -> None:
    fail(10)
    clock.shift(timedelta(seconds=30))
    check(WRONG_PASSWORDS, ALICE)
    assert fail(1) == timedelta(minutes=1)


def test_lockouts_count_separately(clock: time_machine.Traveller) -> None:
    fail(10)
    check(WRONG_PASSWORDS, BOB)
    check(WRONG_CODES, ALICE)


def test_success_forgets_all_failures(clock: time_machine.Traveller) -> None:
    fail(10)
    lockouts.forget(WRONG_PASSWORDS, ALICE)
    check(WRONG_PASSWORDS, ALICE)
    assert fail(9) == timedelta()


def test_success_keeps_failures_of_others(clock: time_machine.Traveller) -> None:
    fail(10)
    lockouts.forget(WRONG_PASSWORDS, BOB)
    with pytest.raises(TooMany):
        check(WRONG_PASSWORDS, ALICE)


def test_few_failures_are_forgotten_after_quiet_quarter_hour(clock: time_machine.Traveller) -> None:
    fail(9)
    clock.shift(QUIET + timedelta(seconds=1))
    assert fail(9) == timedelta()


def test_few_failures_are_remembered_for_quarter_hour(clock: time_machine.Traveller) -> None:
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


def test_patient_attacker_gets_one_attempt_an_hour(
    clock: time_machine.Traveller,
) -> None:
    fail(20)
    clock.shift(HOUR)
    assert fail(1) == HOUR


def test_reservations_do_not_exceed_free_failures(clock: time_machine.Traveller) -> None:
    """S14."""
    fail(3)
    held = [reserve(WRONG_PASSWORDS, ALICE) for _ in range(7)]
    with pytest.raises(TooMany) as caught:
        reserve(WRONG_PASSWORDS, ALICE)
    assert caught.value.until == NOON + timedelta(seconds=30)
    assert lockouts.fail_reserved(held[0]) == 4
    with pytest.raises(TooMany):
        reserve(WRONG_PASSWORDS, ALICE)
    lockouts.give_back_all(held[1])
    reserve(WRONG_PASSWORDS, ALICE)


def test_after_a_wait_one_attempt_is_reserved_at_a_time(clock: time_machine.Traveller) -> None:
    """S14."""
    fail(10)
    clock.shift(timedelta(seconds=30))
    held = reserve(WRONG_PASSWORDS, ALICE)
    with pytest.raises(TooMany):
        reserve(WRONG_PASSWORDS, ALICE)
    lockouts.give_back_all(held)
    assert lockouts.fail_reserved(reserve(WRONG_PASSWORDS, ALICE)) == 11
    with pytest.raises(TooMany) as caught:
        reserve(WRONG_PASSWORDS, ALICE)
    assert caught.value.until == NOON + timedelta(seconds=90)


def test_reservation_of_dead_process_expires_after_minutes(
    clock: time_machine.Traveller,
) -> None:
    for _ in range(10):
        reserve(WRONG_PASSWORDS, ALICE)
    clock.shift(timedelta(minutes=1))
    with pytest.raises(TooMany):
        reserve(WRONG_PASSWORDS, ALICE)
    clock.shift(timedelta(minutes=1))
    reserve(WRONG_PASSWORDS, ALICE)


def test_refused_attempt_is_counted_nowhere(clock: time_machine.Traveller) -> None:
    fail(10)
    address = PASSWORDS_PER_ADDRESS.of("198.51.100.7")
    with pytest.raises(TooMany):
        lockouts.reserve(WRONG_PASSWORDS, ALICE, PASSWORDS_AT_ONCE, [address])
    assert counters.used([address]) == {address: 0}


def test_giving_back_never_exceeds_counted_failures(clock: time_machine.Traveller) -> None:
    fail(2)
    lockouts.give_back(WRONG_PASSWORDS, ALICE, 5)
    assert reserve(WRONG_PASSWORDS, ALICE).failures == 0


def test_five_wrong_codes_from_unrecognized_devices_cause_lockout(
    clock: time_machine.Traveller,
) -> None:
    """S08: the other five are reserved for recognized devices."""
    cost = [WRONG_CODES_OF_STRANGERS.after(failures) for failures in (4, 5, 6)]
    assert cost == [timedelta(), timedelta(minutes=15), timedelta(minutes=30)]


def test_forgetting_without_failures_changes_nothing() -> None:
    lockouts.forget(WRONG_PASSWORDS, ALICE)
    assert not Lockout.objects.exists()


def test_table_reveals_no_email(clock: time_machine.Traveller) -> None:
    fail(1)
    wait = Lockout.objects.get()
    assert re.fullmatch(r"[0-9a-f]{64}", wait.key)
    assert str(wait) == "1 failures"


def test_key_rotation_keeps_lockouts(clock: time_machine.Traveller, settings) -> None:
    """DT-01, LG-02."""
    fail(10)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, as long and as dull as the first one"
    with pytest.raises(TooMany):
        check(WRONG_PASSWORDS, ALICE)
