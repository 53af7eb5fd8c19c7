"""Brakes: what keeps fraudsters from earning on texts to new numbers (PS-05, PS-07).

Here stands what all people share. It is read before a new number is asked; confirmed numbers never
come here. The worker counts (mfa.deliveries), so a burst may overshoot by what is in flight.
"""

from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from mfa import alerts, audit, budget, conversion, counters, limits, prefixes
from mfa.alerts import Alert
from mfa.counters import TooMany
from mfa.limits import DAY, HOUR, Limit
from mfa.models import AccountPolicy, Brake, Event, Factor, Protected
from mfa.origin import Origin
from mfa.rules import contacts

# Long enough for the fraudster to go elsewhere; Twilio's own protection uses the same time.
BRAKE = timedelta(hours=12)
COUNTRY_BRAKE = DAY
# Half the budget before the day is over is worth a look, once.
ALARM_AT = 0.5
ONCE_A_DAY = Limit("alert-day", 1, DAY)


def of_person(user: Protected) -> str:
    """Name an account as a brake's scope."""
    return f"person:{user.pk}"


def of_network(network: str) -> str:
    """Name a network as a brake's scope."""
    return f"network:{network}"


def check(user: Protected, number: str, *, network: str) -> frozenset[str]:
    """Return the scopes of this number that an administrator vouches for.

    Raises TooMany where no text may go to it now. Call it outside a transaction, since what it
    starts and tells must last.
    """
    now = timezone.now()
    region = contacts.region_of(number)
    if not user.mfa_policy.may_enroll(region):
        # The form has said so already, unless the policy has changed since.
        raise TooMany(now + DAY)
    scopes = [*prefixes.scopes(number), region, of_person(user), of_network(network)]
    brakes = Brake.objects.running(now).filter(scope__in=scopes)
    vouched = frozenset(brake.scope for brake in brakes if brake.lifted_at)
    held = [brake.until for brake in brakes if not brake.lifted_at]
    if held:
        raise TooMany(max(held))
    _refuse_fraud(user, region, network, vouched)
    counters.peek(*budget.of_new(region, AccountPolicy.load()))
    _refuse_sixth_person(user, number)
    return vouched


def pull(refusal: TooMany) -> None:
    """Hold the numbers of which too many were not confirmed; call it after the rollback."""
    for use in refusal.over:
        if use.limit in prefixes.DIGITS:
            refusal.until = max(refusal.until, _start(use.subject, BRAKE))


def lift(brake: Brake, administrator: Protected, *, origin: Origin) -> None:
    """Let texts go again, and start no other brake of this scope before its time is over."""
    now = timezone.now()
    running = Brake.objects.running(now).filter(pk=brake.pk, lifted_at=None)
    if running.update(lifted_at=now, lifted_by_id=administrator.pk):
        audit.record(Event.BRAKE_LIFTED, administrator, origin=origin, scope=brake.scope)


@shared_task(name="mfa.brakes.watch")
def watch() -> None:
    """Tell when half of a day's texts is used up, and when all are."""
    for use, used in counters.used(budget.pots(AccountPolicy.load())).items():
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


def _refuse_fraud(user: Protected, region: str, network: str, vouched: frozenset[str]) -> None:
    """Stop an account, a network or a country of which hardly any number is confirmed."""
    if of_person(user) not in vouched and conversion.fails_for(user):
        raise TooMany(_start(of_person(user), BRAKE))
    if of_network(network) not in vouched and conversion.fails_in(network):
        raise TooMany(_start(of_network(network), BRAKE))
    if region not in vouched and conversion.fails_over(region):
        raise TooMany(_start(region, COUNTRY_BRAKE))


def _refuse_sixth_person(user: Protected, number: str) -> None:
    """A family may share a number; more people than that are looked at, and told nothing."""
    phones = Factor.objects.usable().filter(kind=Factor.Kind.PHONE, target=number)
    people = phones.exclude(user_id=user.pk).values("user").distinct().count()
    if people >= limits.PEOPLE_PER_NUMBER:
        alerts.warn(
            Alert.NUMBER_SHARED,
            about=str(user.pk),
            once=ONCE_A_DAY,
            person=user.email,
            ending=contacts.ending(number),
            people=people,
        )
        raise TooMany(timezone.now() + DAY)


def _start(scope: str, length: timedelta) -> datetime:
    now = timezone.now()
    brake, _ = Brake.objects.update_or_create(
        scope=scope,
        defaults={
            "started_at": now,
            "until": now + length,
            "lifted_at": None,
            "lifted_by": None,
        },
    )
    country = scope if brake.is_country else ""
    hours = round(length / HOUR)
    alerts.warn(Alert.BRAKED, about=scope, country=country, hours=hours)
    return brake.until
