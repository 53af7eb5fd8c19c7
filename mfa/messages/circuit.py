"""The circuit breaker for texts: it opens on account faults and closes after a good probe.

Closed, open and half-open (on trial) are columns of the channels' health, which every login reads.
Open hides texts for new questions. On trial, texts are sent again, and one more fault opens it
again.
"""

from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import QuerySet
from django.utils import timezone

from mfa import audit, channels
from mfa.channels.base import DeliveryError
from mfa.messages import alerts
from mfa.messages.alerts import Alert
from mfa.models import TESTS, ChannelHealth, Delivery, Event, Reason
from mfa.rules.methods import ChannelName

# A fault of the account or its sender affects every text.
ACCOUNT_WIDE = frozenset({Reason.CREDENTIALS, Reason.ACCOUNT, Reason.SENDER})
# One fault can be a glitch of the provider; three in five minutes are not.
FAULTS, WITHIN = 3, timedelta(minutes=5)
# The wait after a fault, so a trial delays at most one person in two minutes.
REST = timedelta(minutes=2)
State = Delivery.State
TAKEN = (State.ACCEPTED, State.SENT, State.DELIVERED)


def fault(delivery: Delivery) -> None:
    """Count an account-wide fault. The third in five minutes, or one on trial, stops texts."""
    health, now = ChannelHealth.load(), timezone.now()
    if health.texts_rest:
        return
    on_trial = health.texts_on_trial and not _arrived(health)
    began = health.texts_tried_at or health.texts_resumed_at or now - WITHIN
    since = max(began, now - WITHIN)
    faults = _texts().filter(state=State.FAILED, reason__in=ACCOUNT_WIDE, finished_at__gt=since)
    enough = 1 if on_trial else FAULTS
    if faults[:enough].count() == enough:
        _rest(health, delivery)


def try_again() -> bool:
    """Send texts on trial. Return whether texts were stopped."""
    resting = ChannelHealth.objects.exclude(texts_rest_since=None).filter(texts_tried_at=None)
    return bool(resting.update(texts_tried_at=timezone.now()))


@shared_task(name="mfa.circuit.probe")
def probe() -> None:
    """Start a trial if the account answers, and close the circuit when a text arrived."""
    health, now = ChannelHealth.load(), timezone.now()
    if health.texts_on_trial and _arrived(health):
        trials = ChannelHealth.objects.exclude(texts_tried_at=None)
        if trials.update(texts_rest_since=None, texts_tried_at=None, texts_resumed_at=now):
            audit.record(Event.TEXTS_RESUMED, None)
    elif _has_rested(health, now) and _account_answers():
        try_again()


def _has_rested(health: ChannelHealth, now: datetime) -> bool:
    failed_at = health.texts_failed_at
    return health.texts_rest and (failed_at is None or failed_at <= now - REST)


def _rest(health: ChannelHealth, delivery: Delivery) -> None:
    now = timezone.now()
    what = {
        "texts_tried_at": None,
        "texts_failed_at": now,
        "texts_fault_reason": delivery.reason,
        "texts_fault_code": delivery.code,
        "texts_fault_reported": bool(delivery.provider_id),
    }
    opened = ChannelHealth.objects.filter(texts_rest_since=None).update(
        texts_rest_since=now, **what
    )
    if not opened:
        # The same outage, which was reported when it began.
        ChannelHealth.objects.filter(pk=health.pk).update(**what)
        return
    audit.record(Event.TEXTS_RESTED, None, reason=delivery.reason, code=delivery.code)
    about = now.isoformat(timespec="seconds")
    alerts.warn(Alert.TEXTS_DOWN, about=about, fault=delivery.reason, fault_code=delivery.code)


def _arrived(health: ChannelHealth) -> bool:
    """Whether a text arrived since the trial began."""
    # If a receipt reported the fault, an accepted text is not enough.
    through = TAKEN[1:] if health.texts_fault_reported else TAKEN
    return _texts().filter(state__in=through, finished_at__gt=health.texts_tried_at).exists()


def _texts() -> QuerySet[Delivery]:
    """Return the texts to people, without administrators' tests."""
    return Delivery.objects.filter(channel=ChannelName.SMS).exclude(challenge__purpose__in=TESTS)


def _account_answers() -> bool:
    try:
        findings = channels.get(ChannelName.SMS).check()
    except DeliveryError:
        return False
    return all(finding.good for finding in findings)
