"""The metrics in Prometheus's format."""

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from mfa import audit
from mfa.metrics import count
from mfa.models import Delivery, Event
from portal import metrics
from tests.conftest import NOON


def samples() -> dict[tuple, float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_idle_portal_reports_gauges(clock, db) -> None:
    assert samples() == {
        ("portal_queue_age_seconds",): 0,
        ("portal_tallied_timestamp_seconds",): 0,
    }


def test_busy_portal_has_logins_sends_and_seconds(clock, alice: User) -> None:
    audit.record(Event.LOGGED_IN, alice, channel="sms", aal=2)
    for after in (0.5, 3, 4):
        Delivery.objects.create(
            user=alice,
            message="code",
            channel="sms",
            target="+447700900201",
            state="delivered",
            created_at=NOON,
            finished_at=NOON + timedelta(seconds=after),
        )
    clock.shift(timedelta(minutes=12))
    count()
    found = samples()
    assert found["portal_logins_total", "logged_in", "sms"] == 1
    assert found["portal_events_total", "logged_in"] == 1
    assert found["portal_sends_total", "GB", "accepted", "sms"] == 3
    buckets = {key[1]: value for key, value in found.items() if key[0].endswith("_bucket")}
    assert buckets["1"] == 1
    assert buckets["2"] == 1
    assert buckets["5"] == buckets["600"] == buckets["+Inf"] == 3
    assert found["portal_delivery_seconds_count", "delivered", "sms"] == 3
    assert found["portal_tallied_timestamp_seconds",] == (NOON + timedelta(minutes=12)).timestamp()


def test_queues_age_is_that_of_oldest_untaken_message(clock, alice: User) -> None:
    for minutes, state in ((9, "sending"), (3, "queued"), (1, "queued")):
        Delivery.objects.create(
            user=alice,
            message="code",
            channel="sms",
            target="+447700900201",
            state=state,
            created_at=NOON - timedelta(minutes=minutes),
        )
    assert samples()["portal_queue_age_seconds",] == 180


def test_metrics_need_two_queries(clock, alice: User, django_assert_num_queries) -> None:
    audit.record(Event.LOGGED_IN, alice, channel="sms")
    clock.shift(timedelta(minutes=12))
    count()
    with django_assert_num_queries(2):
        metrics.text()
