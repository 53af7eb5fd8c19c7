"""Periodic tasks work in short steps, however many rows wait for them."""

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

from accounts import imports
from accounts.models import User
from mfa import audit, backlog, deliveries, notices, retention, tallies, watching
from mfa.limits import DAY
from mfa.models import AuditEvent, Delivery, Event, Tally
from portal.celery import app as portal_app
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

TASKS = [tallies.count, notices.catch_up, retention.clean]


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
    for module in (tallies, retention):
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
def test_a_task_queues_its_next_step_until_nothing_is_left(queue: Celery, task: object) -> None:
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
    while tallies.step():
        counted.append(tallies.read()[tallies.Name.LOGINS].get(("logged_in", ""), 0))
    assert counted[:3] == [4, 8, 12]
    assert tallies.read()[tallies.Name.LOGINS] == {("logged_in", ""): many}


@pytest.mark.usefixtures("hurried", "clock")
def test_each_step_prunes_one_batch(many: int, queue: Celery) -> None:
    left = []
    while retention.step():
        left.append(AuditEvent.objects.count())
    assert left[:3] == [8, 4, 0]


@pytest.mark.usefixtures("many", "hurried", "clock")
def test_a_command_prunes_to_the_end() -> None:
    assert retention.prune()["audit"] == 12
    assert not AuditEvent.objects.exists()


@pytest.mark.usefixtures("many", "clock")
def test_a_step_that_breaks_leaves_its_batch_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    update_sums = tallies._add

    def breaks(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tallies, "_add", breaks)
    with pytest.raises(KeyboardInterrupt):
        tallies.step()
    assert Tally.objects.filter(value__gt=0).count() == 0
    monkeypatch.setattr(tallies, "_add", update_sums)
    tallies.step()
    assert tallies.read()[tallies.Name.LOGINS] == {("logged_in", ""): 12}


@pytest.mark.usefixtures("many", "hurried", "clock")
@override_settings(CELERY_TASK_ALWAYS_EAGER=True)
def test_without_a_broker_a_step_ends_all_the_same() -> None:
    """It would call itself, deeper and deeper."""
    tallies.count()
    assert tallies.read()[tallies.Name.LOGINS] == {("logged_in", ""): 4}


def test_one_transaction_tells_of_a_few_logins_at_most(
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
        pytest.param(tallies.step, id="count"),
        pytest.param(notices.step, id="catch up"),
        pytest.param(deliveries.sweep, id="sweep"),
        pytest.param(watching.look, id="watch"),
        pytest.param(imports.tidy, id="tidy imports"),
        pytest.param(deliveries.oldest_waiting, id="queue's age"),
    ],
)
def test_periodic_work_finds_its_rows_by_an_index(
    settings: Settings, work: Callable[[], object]
) -> None:
    """A sequential scan that is left, and a sort of what it found, say that no index helps."""
    # One index holds what this hasher has not made.
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2idHasher"]
    plan = plans(work)
    assert "Index" in plan
    # The policy is one row, and there are a few kinds of hashes.
    small = "mfa_accountpolicy|accounts_importedhash"
    assert re.findall(rf"Seq Scan on (?!{small})\w+", plan) == []
