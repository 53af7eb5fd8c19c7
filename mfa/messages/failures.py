"""What a failed text shows about its number, and alerts for administrators who can act."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import QuerySet
from django.utils import timezone

from mfa.limits.base import DAY, HOUR, MINUTE
from mfa.messages import alerts, circuit
from mfa.messages.alerts import Alert
from mfa.models import TESTS, Delivery, Factor, Reason, SmsAccount
from mfa.rules import kept, regions
from mfa.rules.methods import ChannelName

logger = logging.getLogger("mfa.failures")
State = Delivery.State

# Providers never forget a STOP, but people text START without our knowledge.
OPTED_OUT_FOR = 30 * DAY
# If a phone is off or without signal this often in a day, the number is doubtful.
OFTEN = 3
# Unknown to the network, or unable to get texts: twice in a row means a wrong number.
GONE, IN_A_ROW = {Reason.UNKNOWN_NUMBER, Reason.CANNOT_GET_TEXTS}, 2
# Fraudsters rent blocks of numbers. The rest of a number stays private.
BLOCK_DIGITS = 4
SHARE, FEWEST = 0.02, 5


@dataclass(frozen=True, slots=True)
class Concern:
    """When to alert administrators about a reason: how many failures within which time."""

    most: int = 1
    within: timedelta = 10 * MINUTE
    by_country: bool = False
    alert: Alert = Alert.TEXTS_FAILING


# Other reasons concern just one phone, or the circuit breaker.
CONCERNS = {
    Reason.COUNTRY: Concern(by_country=True),
    Reason.UNREGISTERED: Concern(most=3, by_country=True),
    Reason.HELD: Concern(by_country=True, alert=Alert.TEXTS_HELD),
    Reason.TRIAL: Concern(),
    Reason.CAPPED: Concern(most=3),
    Reason.NETWORK: Concern(most=3),
    Reason.PROXY: Concern(most=3),
    Reason.OUR_FAULT: Concern(),
    Reason.INTERNAL: Concern(),
    Reason.REFUSED: Concern(),
}


@shared_task(name="mfa.failures.learn")
def learn(pk: int) -> None:
    """Learn from a text that failed or that may not have been sent."""
    rows = Delivery.objects.select_related("challenge")
    delivery = rows.filter(pk=pk).first() if kept.is_id(pk) else None
    if delivery is None or _is_test(delivery):
        return
    reason = Reason(delivery.reason)
    _mark(delivery, timezone.now())
    if reason is Reason.TRIAL:
        SmsAccount.objects.filter(is_trial=False).update(is_trial=True)
    if reason in CONCERNS:
        _tell(delivery, CONCERNS[reason])
    if reason is Reason.FILTERED:
        _watch_filtering(delivery)
    if reason is Reason.OUR_FAULT:
        logger.error("the SMS provider refuses what we ask for: error %s", delivery.code)
    if reason in circuit.ACCOUNT_WIDE:
        circuit.fault(delivery)


def _is_test(delivery: Delivery) -> bool:
    return delivery.challenge is not None and delivery.challenge.purpose in TESTS


def _mark(delivery: Delivery, now: datetime) -> None:
    """Note the failure on the person's phone. A phone is never removed for it."""
    phone = Factor.objects.usable().filter(user=delivery.user_id, target=delivery.target)
    if delivery.reason == Reason.OPTED_OUT:
        phone.update(refuses_until=now + OPTED_OUT_FOR)
    elif _is_doubtful(delivery, now):
        phone.filter(doubtful_since=None).update(doubtful_since=now)


def _is_doubtful(delivery: Delivery, now: datetime) -> bool:
    texts = Delivery.objects.filter(
        user=delivery.user_id, channel=ChannelName.SMS, target=delivery.target
    )
    if delivery.reason == Reason.UNREACHABLE:
        unreached = texts.filter(reason=Reason.UNREACHABLE, finished_at__gt=now - DAY)
        return unreached.count() >= OFTEN
    known = texts.filter(state__in=(State.SENT, State.DELIVERED, State.FAILED)).order_by("-pk")
    newest = list(known.values_list("reason", flat=True)[:IN_A_ROW])
    return len(newest) == IN_A_ROW and GONE.issuperset(newest)


def _tell(delivery: Delivery, concern: Concern) -> None:
    alike = _recent(concern.within).filter(reason=delivery.reason, code=delivery.code)
    if alike[: concern.most].count() < concern.most:
        return
    country = regions.region_of(delivery.target) if concern.by_country else ""
    held = f"{delivery.target[:-BLOCK_DIGITS]}…" if concern.alert is Alert.TEXTS_HELD else ""
    about = f"{delivery.code or delivery.reason} {held or country}".strip()
    alerts.warn(
        concern.alert,
        about=about,
        country=country,
        # Not "block": in a template, that is the block tag.
        held=held,
        fault=delivery.reason,
        fault_code=delivery.code,
    )


def _watch_filtering(delivery: Delivery) -> None:
    """Alert if carriers filter more than 2 % of texts, which means our texts are the cause.

    Fewer than five filtered texts have no significance.
    """
    filtered = _recent(HOUR).filter(reason=Reason.FILTERED).count()
    enough = int(filtered / SHARE)
    if filtered >= FEWEST and _recent(HOUR)[:enough].count() < enough:
        alerts.warn(
            Alert.TEXTS_FAILING,
            about=delivery.code or delivery.reason,
            fault=delivery.reason,
            fault_code=delivery.code,
        )


def _recent(within: timedelta) -> QuerySet[Delivery]:
    since = timezone.now() - within
    return Delivery.objects.filter(channel=ChannelName.SMS, finished_at__gt=since)
