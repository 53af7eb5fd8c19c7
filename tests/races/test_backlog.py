"""Periodic tasks that run twice at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mfa import metrics, retention
from mfa.limits.base import DAY
from mfa.metrics import Name
from mfa.models import AuditEvent, Event
from tests.races.parallel import many

pytestmark = pytest.mark.django_db(transaction=True)


def old_events(number: int, age: timedelta) -> None:
    at = timezone.now() - age
    AuditEvent.objects.bulk_create(
        AuditEvent(event=Event.LOGGED_IN, at=at, details={"channel": "sms"}) for _ in range(number)
    )


def test_eight_workers_count_each_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "BATCH", 7)
    old_events(200, DAY)
    many(8, metrics.step)
    while metrics.step():
        pass
    assert metrics.read()[Name.LOGINS] == {("logged_in", "sms"): 200}


def test_eight_workers_prune_without_a_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 7)
    old_events(200, 500 * DAY)
    many(8, retention.step)
    while retention.step():
        pass
    assert not AuditEvent.objects.exists()
