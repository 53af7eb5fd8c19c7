"""The totals for metrics: each row counts once, with bounded labels, and totals only increase."""

from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings

from accounts.models import User
from mfa import audit, metrics
from mfa.metrics import Name
from mfa.models import AuditEvent, Delivery, Event
from tests.conftest import NOON

LATER = timedelta(minutes=12)


def deliver(user: User, *, after: float | None = 2, **fields: object) -> Delivery:
    values = {"message": "code", "channel": "sms", "target": "+447700900201", "created_at": NOON}
    finished = None if after is None else NOON + timedelta(seconds=after)
    return Delivery.objects.create(user=user, **{**values, "finished_at": finished, **fields})


def counted(clock: time_machine.Traveller, name: Name, after: timedelta = LATER) -> dict:
    clock.move_to(NOON + after)
    metrics.count()
    return metrics.read()[name]


def test_each_step_of_a_login_is_counted_by_outcome_and_channel(clock, alice: User) -> None:
    audit.record(Event.PASSWORD_WRONG, alice)
    audit.record(Event.LOGGED_IN, alice, channel="sms", aal=2)
    audit.record(Event.LOGGED_IN, alice, channel="sms", aal=2)
    audit.record(Event.LOGGED_IN, alice, channel="<script>", aal=2)
    audit.record(Event.POLICY_CHANGED, alice)
    assert counted(clock, Name.LOGINS) == {
        ("password_wrong", ""): 1,
        ("logged_in", "sms"): 2,
        ("logged_in", ""): 1,
    }
    assert metrics.read()[Name.EVENTS][("policy_changed",)] == 1


def test_waits_are_counted_by_what_they_are_for(clock, alice: User) -> None:
    audit.record(Event.LOCKED, alice, minutes=15)
    audit.record(Event.PASSWORD_SLOWED, alice)
    assert counted(clock, Name.WAITS) == {("code",): 1, ("password",): 1}


def test_counting_again_counts_each_row_once(clock, alice: User) -> None:
    audit.record(Event.LOGGED_IN, alice, channel="sms")
    deliver(alice, state="accepted")
    counted(clock, Name.LOGINS)
    before = metrics.read()
    assert counted(clock, Name.LOGINS) == before[Name.LOGINS]
    assert metrics.read() == before


def test_pruned_rows_stay_counted(clock, alice: User) -> None:
    audit.record(Event.LOGGED_IN, alice, channel="sms")
    counted(clock, Name.LOGINS)
    AuditEvent.objects.all().delete()
    audit.record(Event.LOGGED_IN, alice, channel="sms")
    assert counted(clock, Name.LOGINS, 2 * LATER) == {("logged_in", "sms"): 2}


def test_row_is_counted_after_it_has_settled(clock, alice: User) -> None:
    """A slow transaction may still commit a row with a lower key."""
    audit.record(Event.LOGGED_IN, alice, channel="sms")
    assert counted(clock, Name.LOGINS, timedelta(seconds=29)) == {}
    assert counted(clock, Name.LOGINS, timedelta(seconds=31)) == {("logged_in", "sms"): 1}


def test_unsettled_row_delays_later_rows(clock, alice: User) -> None:
    """The clocks of machines differ, and no row may be skipped."""
    audit.record(Event.LOCKED, alice)
    audit.record(Event.LOGGED_IN, alice, channel="sms")
    AuditEvent.objects.filter(event="locked").update(at=NOON + timedelta(hours=1))
    assert counted(clock, Name.LOGINS) == {}
    assert counted(clock, Name.LOGINS, timedelta(hours=2)) == {("logged_in", "sms"): 1}


def test_more_than_a_batch_is_counted_completely(clock, alice: User, monkeypatch) -> None:
    monkeypatch.setattr(metrics, "BATCH", 3)
    for _ in range(7):
        audit.record(Event.LOGGED_IN, alice, channel="email")
        deliver(alice, state="accepted")
    assert counted(clock, Name.LOGINS) == {("logged_in", "email"): 7}
    assert metrics.read()[Name.SENDS] == {("sms", "GB", "accepted"): 7}


def test_unknown_event_is_skipped(clock, alice: User) -> None:
    audit.record(Event.LOGGED_IN, alice, channel="sms")
    AuditEvent.objects.update(event="forgotten")
    assert counted(clock, Name.EVENTS) == {}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "accepted"}, ("sms", "GB", "accepted")),
        ({"state": "delivered"}, ("sms", "GB", "accepted")),
        ({"state": "failed", "target": "+33612345678"}, ("sms", "FR", "failed")),
        ({"state": "maybe", "target": "+88213123456"}, ("sms", "ZZ", "maybe")),
        ({"state": "queued", "target": "nonsense", "after": None}, ("sms", "ZZ", "queued")),
        ({"state": "dropped", "channel": "email", "target": "a@b.org"}, ("email", "", "dropped")),
    ],
)
def test_message_is_counted_by_channel_country_and_outcome(
    clock, alice: User, fields: dict, words: tuple
) -> None:
    deliver(alice, **fields)
    assert counted(clock, Name.SENDS, timedelta(seconds=76)) == {words: 1}


def test_attempt_that_may_still_run_is_not_counted(clock, alice: User) -> None:
    deliver(alice, state="sending", after=None)
    assert counted(clock, Name.SENDS, timedelta(seconds=74)) == {}


def test_seconds_are_counted_when_receipts_have_come(clock, alice: User) -> None:
    deliver(alice, state="delivered", after=3.4)
    deliver(alice, state="delivered", after=900)
    deliver(alice, state="failed", after=1)
    assert counted(clock, Name.SECONDS, timedelta(minutes=10)) == {}
    assert counted(clock, Name.SECONDS) == {
        ("sms", "delivered", "5"): 1,
        ("sms", "delivered", "+Inf"): 1,
    }
    assert metrics.read()[Name.SECONDS_SUM] == {("sms", "delivered"): 903}


def test_labels_have_no_personal_data(clock, alice: User) -> None:
    """LO-02."""
    audit.record(Event.LOGGED_IN, alice, channel=alice.email)
    deliver(alice, state="delivered", channel="email", target=alice.email)
    deliver(alice, state="delivered")
    counted(clock, Name.EVENTS)
    words = str(metrics.read())
    assert alice.email not in words
    assert "7700900201" not in words


@override_settings(CELERY_TASK_ALWAYS_EAGER=True)
def test_counting_is_a_worker_task(clock, alice: User) -> None:
    audit.record(Event.LOGGED_IN, alice, channel="sms")
    clock.move_to(NOON + LATER)
    metrics.count.delay()
    assert metrics.read()[Name.LOGINS] == {("logged_in", "sms"): 1}
