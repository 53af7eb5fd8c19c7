"""Metrics in Prometheus's text format, from the totals in the database.

Counters in a process (prometheus_client's own, or its shared files) are lost with it or tied to one
machine, and the worker has no page to show them. The totals are the same for all processes and
machines, cost a login nothing, and reading them takes some hundred rows whatever the load. They are
half a minute old. Labels are bounded (events, channels, states, countries) and have no personal
data (LO-02).
"""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mfa import metrics
from mfa.messages import queue as deliveries
from mfa.metrics import BUCKETS, Name

COUNTERS = {
    Name.LOGINS: ("portal_logins", "Steps of logins by outcome.", ("outcome", "channel")),
    Name.WAITS: ("portal_waits", "Waits that failures in a row have cost.", ("kind",)),
    Name.EVENTS: ("portal_events", "All events of the audit.", ("event",)),
    Name.SENDS: (
        "portal_sends",
        "Messages by outcome of the attempt, by channel and country of the number.",
        ("channel", "country", "outcome"),
    ),
}
CONTENT_TYPE = CONTENT_TYPE_LATEST


def text() -> bytes:
    """Return all metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Tallied())
    return generate_latest(registry)


class Tallied(Collector):
    """The collector for the registry."""

    def collect(self) -> Iterator[Metric]:
        """Read the totals in one query, and the queue's age in another."""
        kept = metrics.read()
        for name, (metric, words, labels) in COUNTERS.items():
            family = CounterMetricFamily(metric, words, labels=labels)
            for values, count in sorted(kept[name].items()):
                family.add_metric(values, count)
            yield family
        yield _seconds(kept[Name.SECONDS], kept[Name.SECONDS_SUM])
        yield _age(
            "portal_queue_age_seconds",
            "Age of the oldest message that no worker has taken.",
            deliveries.oldest_waiting(),
        )
        yield GaugeMetricFamily(
            "portal_tallied_timestamp_seconds",
            "When a worker last counted.",
            value=kept[Name.MARK].get(("at",), 0),
        )


def _age(name: str, words: str, since: datetime | None) -> Metric:
    age = (timezone.now() - since).total_seconds() if since else 0
    return GaugeMetricFamily(name, words, value=age)


def _seconds(
    counts: dict[tuple[str, ...], int], sums: dict[tuple[str, ...], int]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(
        "portal_delivery_seconds",
        "From asking for a message to the last that was heard of it.",
        labels=("channel", "state"),
    )
    for channel, state in sorted(sums):
        total, buckets = 0, []
        for bound in (*map(str, BUCKETS), "+Inf"):
            total += counts.get((channel, state, bound), 0)
            buckets.append((bound, total))
        family.add_metric((channel, state), buckets, sums[channel, state])
    return family
