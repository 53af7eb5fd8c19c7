"""Labels of metrics come only from enums (X25, Keycloak CVE-2026-16100).

There a label held text of the request, so anyone could make the metrics grow without limit.
"""

from datetime import timedelta

import time_machine
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from mfa import audit
from mfa.metrics import BUCKETS, count
from mfa.models import AuditEvent, Delivery, Event
from mfa.rules.methods import ChannelName
from portal import metrics
from tests.advisories.trial import BODIES, undone
from tests.architecture.addresses import PORTAL
from tests.conftest import NOON
from tests.portal_client import Browser

MANY = 50
# The allowed values of each label. A country is a region with a calling code.
LABELS = {
    "event": set(Event),
    "outcome": {*Event, *Delivery.State},
    "channel": {"", *ChannelName},
    "kind": {"password", "code"},
    "state": set(Delivery.State),
    "le": {*map(str, map(float, BUCKETS)), *map(str, BUCKETS), "+Inf"},
}


def labels() -> set[tuple[str, str]]:
    families = text_string_to_metric_families(metrics.text().decode())
    samples = [sample for family in families for sample in family.samples]
    return {pair for sample in samples for pair in sample.labels.items()}


def strange() -> set[tuple[str, str]]:
    known = {(name, word) for name, words in LABELS.items() for word in words}
    two_letters = {
        (name, word)
        for name, word in labels()
        if name == "country"
        and (not word or (word.isalpha() and word.isupper() and len(word) == 2))
    }
    return labels() - known - two_letters


def test_requests_of_all_kinds_add_no_label(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """X25: paths, methods, user agents and fields from clients."""
    browser.log_in(alice)
    for number, each in enumerate(PORTAL):
        word = f"label-{number}"
        headers = {"User-Agent": word, "X-Request-ID": word, "Accept-Language": word}
        with undone(browser) as twin:
            twin.generic(word.upper(), each.path, headers=headers)
        Browser().post(
            f"{each.path}?{word}={word}", BODIES["fields of other steps"], headers=headers
        )
        Browser().get(f"/{word}", headers=headers)
    clock.shift(timedelta(hours=1))
    count()
    assert ("event", "logged_in") in labels()
    assert strange() == set()


def test_rows_with_unknown_values_add_no_label(clock: time_machine.Traveller, alice: User) -> None:
    """X25: rows of another version of the portal, or of a bug."""
    rows = {"user": alice, "message": "code", "created_at": NOON, "finished_at": NOON}
    for number in range(MANY):
        word = f"w{number}"
        AuditEvent.objects.create(at=NOON, event=word, details={"channel": word, "unusual": word})
        audit.record(Event.LOGGED_IN, alice, channel=word, aal=number)
        Delivery.objects.create(**rows, channel=word, target=word, state="sent")
        Delivery.objects.create(**rows, channel="sms", target=word, state=word)
    clock.shift(timedelta(hours=1))
    count()
    assert strange() == set()
    assert len(labels()) < MANY
