"""Periodic tasks work in short steps, however many rows wait."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from queue import Empty

import pytest
import time_machine
from celery import Celery
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from accounts.people import imported_hashes
from mfa import audit, metrics, retention
from mfa.fraud import watch
from mfa.limits.base import DAY
from mfa.messages import notices, queue as deliveries
from mfa.models import AuditEvent, Delivery, Event, Metric, backlog
from portal.celery import app as portal_app
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

TASKS = [metrics.count, notices.catch_up, retention.clean]


@pytest.fixture
def queue() -> Iterator[Celery]:
    """A broker in this process, which nobody works off."""
    app = Celery("portal", broker="memory://", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(broker_url="memory://", task_always_eager=False)
    app.set_current()
    yield app
    portal_app.set_current()


def queued(app: Celery) -> list[str]:
    found = []
    with app.connection() as broker, suppress(Empty):
        waiting = broker.SimpleQueue("celery")
        while True:
            message = waiting.get(block=False)
            message.ack()
            found.append(message.headers["task"])
    return found


@pytest.fixture
def many(alice: User, monkeypatch: pytest.MonkeyPatch) -> int:
    """Events of long ago, three batches of them."""
    for module in (metrics, retention):
        monkeypatch.setattr(module, "BATCH", 4)
    events = [
        AuditEvent(event=Event.LOGGED_IN, user=alice, at=NOON - 500 * DAY, details={})
        for _ in range(12)
    ]
    AuditEvent.objects.bulk_create(events)
    return len(events)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is over after its first batch."""
    monkeypatch.setattr(backlog, "STEP", timedelta(seconds=-1))


@pytest.mark.usefixtures("many", "hurried", "clock")
@pytest.mark.parametrize("task", TASKS)
def test_task_queues_next_step_until_done(queue: Celery, task: object) -> None:
    queued(queue)
    steps = 0
    task()
    while queued(queue) == [task.name]:
        steps += 1
        assert steps < 50
        task()
    assert steps >= 3
    assert queued(queue) == []


@pytest.mark.usefixtures("hurried", "clock")
def test_each_step_counts_one_batch_and_none_is_counted_twice(many: int, queue: Celery) -> None:
    counted = []
    while metrics.step():
        counted.append(metrics.read()[metrics.Name.LOGINS].get(("logged_in", ""), 0))
    assert counted[:3] == [4, 8, 12]
    assert metrics.read()[metrics.Name.LOGINS] == {("logged_in", ""): many}


@pytest.mark.usefixtures("hurried", "clock")
def test_each_step_prunes_one_batch(many: int, queue: Celery) -> None:
    left = []
    while retention.step():
        left.append(AuditEvent.objects.count())
    assert left[:3] == [8, 4, 0]


@pytest.mark.usefixtures("many", "hurried", "clock")
def test_command_prunes_to_end() -> None:
    assert retention.prune()["audit"] == 12
    assert not AuditEvent.objects.exists()


@pytest.mark.usefixtures("many", "clock")
def test_failed_step_leaves_its_batch_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    update_sums = metrics._add

    def breaks(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(metrics, "_add", breaks)
    with pytest.raises(KeyboardInterrupt):
        metrics.step()
    assert Metric.objects.filter(value__gt=0).count() == 0
    monkeypatch.setattr(metrics, "_add", update_sums)
    metrics.step()
    assert metrics.read()[metrics.Name.LOGINS] == {("logged_in", ""): 12}


@pytest.mark.usefixtures("many", "hurried", "clock")
@override_settings(CELERY_TASK_ALWAYS_EAGER=True)
def test_step_ends_without_broker() -> None:
    """The recursion would never end."""
    metrics.count()
    assert metrics.read()[metrics.Name.LOGINS] == {("logged_in", ""): 4}


def test_one_transaction_notifies_few_logins(
    clock: time_machine.Traveller, alice: User, monkeypatch: pytest.MonkeyPatch, hurried: None
) -> None:
    monkeypatch.setattr(notices, "AT_ONCE", 2)
    for _ in range(5):
        audit.record(Event.LOGGED_IN, alice, unusual="browser")
    clock.shift(timedelta(minutes=1))
    told = AuditEvent.objects.filter(event=Event.UNUSUAL_LOGIN)
    counts = []
    for _ in range(4):
        notices.step()
        counts.append(told.count())
    assert counts == [2, 4, 5, 5]
    assert Delivery.objects.filter(message="unusual_login").count() == 5


def plans(work: Callable[[], object]) -> str:
    """What PostgreSQL plans where it must not read in sequence, if it can help it."""
    with CaptureQueriesContext(connection) as log:
        work()
    told = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in (each["sql"] for each in log):
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                cursor.execute(f"EXPLAIN {statement}")
                told += [statement, *(line for (line,) in cursor.fetchall())]
    return "\n".join(told)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="its planner is asked")
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "work",
    [
        *(pytest.param(partial(each, NOON), id=name) for name, each in retention.REMOVERS.items()),
        pytest.param(metrics.step, id="count"),
        pytest.param(notices.step, id="catch up"),
        pytest.param(deliveries.sweep, id="sweep"),
        pytest.param(deliveries.send_bulk, id="bulk"),
        pytest.param(watch.look, id="watch"),
        pytest.param(imported_hashes.tidy, id="tidy imports"),
        pytest.param(deliveries.oldest_waiting, id="queue's age"),
    ],
)
def test_periodic_work_finds_its_rows_by_an_index(
    settings: Settings, work: Callable[[], object]
) -> None:
    """A sequential scan that is left, and a sort of what it found, say that no index helps."""
    # An index contains the people whose hash is from another hasher.
    settings.PASSWORD_HASHERS = ["accounts.people.hashers.Argon2idHasher"]
    plan = plans(work)
    assert "Index" in plan
    # The policy is one row, and there are a few kinds of hashes.
    small = "mfa_sitepolicy|mfa_smsaccount|mfa_channelhealth|accounts_importedhash"
    assert re.findall(rf"Seq Scan on (?!{small})\w+", plan) == []
