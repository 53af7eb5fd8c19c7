"""One row, many workers."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.messages import queue as deliveries, worker
from mfa.models import Delivery, OutboxMessage
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def row(alice: User) -> Delivery:
    """A notice whose task was lost."""
    return Delivery.objects.create(
        user=alice,
        message="number_changed",
        channel="sms",
        target="+447700900201",
        created_at=timezone.now() - timedelta(seconds=6),
    )


def test_one_of_twenty_workers_sends(row: Delivery) -> None:
    many(20, partial(worker.deliver, row.pk))
    assert OutboxMessage.objects.count() == 1


def test_sweeps_and_workers_send_once(row: Delivery) -> None:
    at_once([deliveries.sweep, partial(worker.deliver, row.pk)] * 10)
    assert OutboxMessage.objects.count() == 1
    row.refresh_from_db()
    assert row.state == Delivery.State.DELIVERED
