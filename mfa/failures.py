"""What is learned from a text that failed: about its number, and for those who can act."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import QuerySet
from django.utils import timezone

from mfa import alerts, circuit, kept
from mfa.alerts import Alert
from mfa.limits import DAY, HOUR, MINUTE
from mfa.models import TESTS, AccountPolicy, Delivery, Factor, Reason
from mfa.rules import contacts
from mfa.rules.routes import ChannelName

logger = logging.getLogger("mfa.failures")
State = Delivery.State

# Twilio forgets no STOP by itself, but people text START without telling us.
OPTED_OUT_FOR = 30 * DAY
# Switched off or out of reach: so often in a day, it is no dead spot any more.
OUT_OF_REACH, OFTEN = "30003", 3
# Unknown to the network, or unable to get texts: twice in a row, the number itself is wrong.
GONE, IN_A_ROW = {"30005", "30006"}, 2
# What fraudsters rent is a block of numbers; the rest of the number is nobody's business here.
BLOCK_DIGITS = 4
FILTERED, SHARE, FEWEST = "30007", 0.02, 5


@dataclass(frozen=True, slots=True)
class Concern:
    """When administrators are told of a reason: after so many in so long, each matter apart."""

    most: int = 1
    within: timedelta = 10 * MINUTE
    by_country: bool = False
    alert: Alert = Alert.TEXTS_FAILING


# Reasons that are not here concern one phone alone, or the circuit.
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
    """Learn from a text that failed, or of which nobody knows whether it left."""
    rows = Delivery.objects.select_related("challenge")
    delivery = rows.filter(pk=pk).first() if kept.is_id(pk) else None
    if delivery is None or _is_test(delivery):
        return
    reason = Reason(delivery.reason)
    _mark(delivery, timezone.now())
    if reason is Reason.TRIAL:
        AccountPolicy.objects.filter(is_trial=False).update(is_trial=True)
    if reason in CONCERNS:
        _tell(delivery, CONCERNS[reason])
    if delivery.code == FILTERED:
        _watch_filtering(delivery)
    if reason is Reason.OUR_FAULT:
        logger.error("Twilio refuses what we ask for: error %s", delivery.code)
    if reason in circuit.ACCOUNT_WIDE:
        circuit.fault(delivery)


def _is_test(delivery: Delivery) -> bool:
    return delivery.challenge is not None and delivery.challenge.purpose in TESTS


def _mark(delivery: Delivery, now: datetime) -> None:
    """Note on the person's phone what its number does; a phone is never removed for that."""
    phone = Factor.objects.usable().filter(user_id=delivery.user_id, target=delivery.target)
    if delivery.reason == Reason.OPTED_OUT:
        phone.update(refuses_until=now + OPTED_OUT_FOR)
    elif _is_doubtful(delivery, now):
        phone.filter(doubtful_since=None).update(doubtful_since=now)


def _is_doubtful(delivery: Delivery, now: datetime) -> bool:
    texts = Delivery.objects.filter(
        user_id=delivery.user_id, channel=ChannelName.SMS, target=delivery.target
    )
    if delivery.code == OUT_OF_REACH:
        return texts.filter(code=OUT_OF_REACH, finished_at__gt=now - DAY).count() >= OFTEN
    known = texts.filter(state__in=(State.SENT, State.DELIVERED, State.FAILED)).order_by("-pk")
    newest = list(known.values_list("code", flat=True)[:IN_A_ROW])
    return len(newest) == IN_A_ROW and GONE.issuperset(newest)


def _tell(delivery: Delivery, concern: Concern) -> None:
    alike = _recent(concern.within).filter(reason=delivery.reason, code=delivery.code)
    if alike[: concern.most].count() < concern.most:
        return
    country = contacts.region_of(delivery.target) if concern.by_country else ""
    held = f"{delivery.target[:-BLOCK_DIGITS]}…" if concern.alert is Alert.TEXTS_HELD else ""
    about = f"{delivery.code or delivery.reason} {held or country}".strip()
    alerts.warn(
        concern.alert,
        about=about,
        country=country,
        block=held,
        fault=delivery.reason,
        fault_code=delivery.code,
    )


def _watch_filtering(delivery: Delivery) -> None:
    """Tell when carriers filter more than one in fifty: then it is what we send, not who gets it.

    Fewer than five say nothing yet.
    """
    filtered = _recent(HOUR).filter(code=FILTERED).count()
    enough = int(filtered / SHARE)
    if filtered >= FEWEST and _recent(HOUR)[:enough].count() < enough:
        alerts.warn(
            Alert.TEXTS_FAILING, about=FILTERED, fault=delivery.reason, fault_code=delivery.code
        )


def _recent(within: timedelta) -> QuerySet[Delivery]:
    since = timezone.now() - within
    return Delivery.objects.filter(channel=ChannelName.SMS, finished_at__gt=since)
