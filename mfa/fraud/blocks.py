"""Send blocks, which stop SMS pumping with new numbers (PS-05, PS-07).

All people share them. They are checked before a code goes to a new number and never apply to
confirmed numbers. The worker counts (mfa.messages.worker), so a burst can exceed the limits by the
messages in progress.
"""

from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from mfa import audit
from mfa.client import Client
from mfa.fraud import conversion
from mfa.limits import budget, counters, table as limits, unconfirmed
from mfa.limits.base import DAY, HOUR, Limit
from mfa.limits.counters import TooMany
from mfa.messages import alerts
from mfa.messages.alerts import Alert
from mfa.models import AbstractMfaUser, Event, Factor, SendBlock, SitePolicy
from mfa.rules import masking, regions

# Long enough for fraudsters to give up. Twilio's own protection uses the same time.
BRAKE = timedelta(hours=12)
COUNTRY_BRAKE = DAY
# Alert once when half the budget is used before the day ends.
ALARM_AT = 0.5
ONCE_A_DAY = Limit("alert-day", 1, DAY)


def of_person(user: AbstractMfaUser) -> str:
    """Return the scope of a send block for an account."""
    return f"person:{user.pk}"


def of_network(network: str) -> str:
    """Return the scope of a send block for a network."""
    return f"network:{network}"


def check(user: AbstractMfaUser, number: str, *, network: str) -> frozenset[str]:
    """Return the scopes of this number that an administrator allowed.

    Raises TooMany if no text can go to it now. Call it outside a transaction, because the blocks
    and alerts that it starts must persist.
    """
    now = timezone.now()
    region = regions.region_of(number)
    if not user.mfa_policy.may_enroll(region):
        # The form has refused this before, unless the policy changed since.
        raise TooMany(now + DAY)
    scopes = [*unconfirmed.scopes(number), region, of_person(user), of_network(network)]
    blocks = SendBlock.objects.running(now).filter(scope__in=scopes)
    vouched = frozenset(block.scope for block in blocks if block.lifted_at)
    held = [block.until for block in blocks if not block.lifted_at]
    if held:
        raise TooMany(max(held))
    _refuse_fraud(user, region, network, vouched)
    counters.peek(*budget.of_new(region, SitePolicy.load()))
    _refuse_sixth_person(user, number)
    return vouched


def pull(refusal: TooMany) -> None:
    """Block the numbers with too many unconfirmed ones. Call it after the rollback."""
    for use in refusal.over:
        if use.limit in unconfirmed.DIGITS:
            refusal.until = max(refusal.until, _start(use.subject, BRAKE))


def lift(block: SendBlock, administrator: AbstractMfaUser, *, client: Client) -> None:
    """Allow texts again. No new block of this scope starts before the old one's time is over."""
    now = timezone.now()
    running = SendBlock.objects.running(now).filter(pk=block.pk, lifted_at=None)
    if running.update(lifted_at=now, lifted_by_id=administrator.pk):
        audit.record(Event.BRAKE_LIFTED, administrator, client=client, scope=block.scope)


@shared_task(name="mfa.brakes.watch")
def watch() -> None:
    """Alert when half of the daily budget is used, and when all of it is."""
    for use, used in counters.used(budget.pots(SitePolicy.load())).items():
        share = used / use.limit.most
        if share >= ALARM_AT:
            spent = share >= 1
            alerts.warn(
                Alert.BUDGET,
                about=f"{use.limit.name} {'spent' if spent else 'half'}",
                once=ONCE_A_DAY,
                used=used,
                most=use.limit.most,
                kind=use.limit.name,
            )


def _refuse_fraud(
    user: AbstractMfaUser, region: str, network: str, vouched: frozenset[str]
) -> None:
    """Block an account, a network or a country with hardly any confirmed number."""
    if of_person(user) not in vouched and conversion.fails_for(user):
        raise TooMany(_start(of_person(user), BRAKE))
    if of_network(network) not in vouched and conversion.fails_in(network):
        raise TooMany(_start(of_network(network), BRAKE))
    if region not in vouched and conversion.fails_over(region):
        raise TooMany(_start(region, COUNTRY_BRAKE))


def _refuse_sixth_person(user: AbstractMfaUser, number: str) -> None:
    """Refuse a number that too many people share. Only administrators are notified."""
    phones = Factor.objects.usable().filter(kind=Factor.Kind.PHONE, target=number)
    people = phones.exclude(user_id=user.pk).values("user").distinct().count()
    if people >= limits.PEOPLE_PER_NUMBER:
        alerts.warn(
            Alert.NUMBER_SHARED,
            about=str(user.pk),
            once=ONCE_A_DAY,
            person=user.email,
            ending=masking.ending(number),
            people=people,
        )
        raise TooMany(timezone.now() + DAY)


def _start(scope: str, length: timedelta) -> datetime:
    now = timezone.now()
    block, _ = SendBlock.objects.update_or_create(
        scope=scope,
        defaults={
            "started_at": now,
            "until": now + length,
            "lifted_at": None,
            "lifted_by": None,
        },
    )
    country = scope if block.is_country else ""
    hours = round(length / HOUR)
    alerts.warn(Alert.BRAKED, about=scope, country=country, hours=hours)
    return block.until
