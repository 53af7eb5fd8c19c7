"""The circuit: texts rest while the SMS account is at fault, and come back by a probe.

Closed, open and on trial are columns of the account policy, which every login reads anyway. Open
hides the text route for new questions; on trial lets texts go again, and one more fault ends that.
"""

from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import QuerySet
from django.utils import timezone

from mfa import alerts, audit, channels
from mfa.alerts import Alert
from mfa.channels.base import DeliveryError
from mfa.models import TESTS, AccountPolicy, Delivery, Event, Reason
from mfa.rules.routes import ChannelName

# What is wrong with the account or its sender meets every text.
ACCOUNT_WIDE = frozenset({Reason.CREDENTIALS, Reason.ACCOUNT, Reason.SENDER})
# One fault may be a slip of the provider's, three in five minutes are not.
FAULTS, WITHIN = 3, timedelta(minutes=5)
# After a fault, so that a trial costs one person in two minutes at most.
REST = timedelta(minutes=2)
State = Delivery.State
TAKEN = (State.ACCEPTED, State.SENT, State.DELIVERED)
# Twilio's numbers from 30000 come in receipts: that a text was taken does not disprove them.
REPORTED_LATER = "30"


def fault(delivery: Delivery) -> None:
    """Count an account-wide fault: the third in five minutes, or one on trial, rests the texts."""
    policy, now = AccountPolicy.load(), timezone.now()
    if policy.texts_rest:
        return
    on_trial = policy.texts_on_trial and not _arrived(policy)
    began = policy.texts_tried_at or policy.texts_resumed_at or now - WITHIN
    since = max(began, now - WITHIN)
    faults = _texts().filter(state=State.FAILED, reason__in=ACCOUNT_WIDE, finished_at__gt=since)
    enough = 1 if on_trial else FAULTS
    if faults[:enough].count() == enough:
        _rest(policy, delivery)


def try_again() -> bool:
    """Let texts go on trial; say whether they rested."""
    resting = AccountPolicy.objects.exclude(texts_rest_since=None).filter(texts_tried_at=None)
    return bool(resting.update(texts_tried_at=timezone.now()))


@shared_task(name="mfa.circuit.probe")
def probe() -> None:
    """Try again when the account answers well; close the circuit when a text got through."""
    policy, now = AccountPolicy.load(), timezone.now()
    if policy.texts_on_trial and _arrived(policy):
        trials = AccountPolicy.objects.exclude(texts_tried_at=None)
        if trials.update(texts_rest_since=None, texts_tried_at=None, texts_resumed_at=now):
            audit.record(Event.TEXTS_RESUMED, None)
    elif _has_rested(policy, now) and _account_answers():
        try_again()


def _has_rested(policy: AccountPolicy, now: datetime) -> bool:
    failed_at = policy.texts_failed_at
    return policy.texts_rest and (failed_at is None or failed_at <= now - REST)


def _rest(policy: AccountPolicy, delivery: Delivery) -> None:
    now = timezone.now()
    what = {
        "texts_tried_at": None,
        "texts_failed_at": now,
        "texts_fault_reason": delivery.reason,
        "texts_fault_code": delivery.code,
    }
    opened = AccountPolicy.objects.filter(texts_rest_since=None).update(
        texts_rest_since=now, **what
    )
    if not opened:
        # The same outage: it was told when it began.
        AccountPolicy.objects.filter(pk=policy.pk).update(**what)
        return
    audit.record(Event.TEXTS_RESTED, None, reason=delivery.reason, code=delivery.code)
    about = now.isoformat(timespec="seconds")
    alerts.warn(Alert.TEXTS_DOWN, about=about, fault=delivery.reason, fault_code=delivery.code)


def _arrived(policy: AccountPolicy) -> bool:
    """Whether a text has got through since the trial began."""
    later = policy.texts_fault_code.startswith(REPORTED_LATER)
    through = TAKEN[1:] if later else TAKEN
    return _texts().filter(state__in=through, finished_at__gt=policy.texts_tried_at).exists()


def _texts() -> QuerySet[Delivery]:
    """Return the texts to people; an administrator's tests show nothing of these."""
    return Delivery.objects.filter(channel=ChannelName.SMS).exclude(challenge__purpose__in=TESTS)


def _account_answers() -> bool:
    try:
        findings = channels.get(ChannelName.SMS).check()
    except DeliveryError:
        return False
    return all(finding.good for finding in findings)
