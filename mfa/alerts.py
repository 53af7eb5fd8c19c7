"""Alerts: what administrators are told by mail because somebody has to act."""

from enum import StrEnum

from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.db.models import QuerySet

from mfa import audit, channels, counters, deliveries, limits
from mfa.models import Event, Protected
from mfa.rules.routes import ChannelName

POLICY = "mfa.change_accountpolicy"
# A fault that stays is told again, but not with every message that it stops.
ONCE = limits.Limit("alert", 1, limits.HOUR)
DAILY = limits.Limit("alert", 1, limits.DAY)


class Alert(StrEnum):
    """What is wrong; the value names the mail's folder."""

    # Texts of the whole account fail, and the text route rests
    TEXTS_DOWN = "texts_down"
    # Some texts fail for a reason that somebody can remove
    TEXTS_FAILING = "texts_failing"
    # The provider's fraud protection holds a block of numbers
    TEXTS_HELD = "texts_held"
    # New numbers of a prefix or a country cost texts and are not confirmed
    BRAKED = "braked"
    # Half of a day's texts, or all of them, are used up
    BUDGET = "budget"
    # One number would serve more people than a family has
    NUMBER_SHARED = "number_shared"
    # Many wrong passwords or codes on the whole site
    GUESSING = "guessing"
    # Nearly all attempts to log in seem to come from one address
    ONE_ADDRESS = "one_address"
    # One helper has let in many people within a day
    MANY_RESCUES = "many_rescues"


def warn(alert: Alert, *, about: str = "", once: limits.Limit = ONCE, **words: str | int) -> bool:
    """Record the alert and mail it, unless the same went out within the hour; say which.

    `once` is for what would be told too often by that. `about` is what it is about, such as a
    country: each is told apart. Neither it nor `words` hold a full number. Call it outside a
    transaction that may be undone.
    """
    with transaction.atomic():
        try:
            counters.take([once.of(f"{alert}:{about}")])
        except counters.TooMany:
            return False
        told = {"about": about, **words}
        audit.record(Event.ALERTED, None, origin=audit.NOWHERE, alert=alert, **told)
        if channels.available(ChannelName.EMAIL):
            for person in administrators():
                deliveries.queue(
                    person, alert, channel=ChannelName.EMAIL, target=person.email, context=told
                )
    return True


def warn_of_rescues(helper: Protected) -> None:
    """Tell administrators once a day of a helper who has let in five people or more (S06)."""
    use = limits.RESCUES.of(str(helper.pk))
    number = counters.used([use])[use]
    if number >= limits.RESCUES_TOLD:
        about = str(helper.pk)
        warn(Alert.MANY_RESCUES, about=about, once=DAILY, helper=helper.email, number=number)


def administrators() -> QuerySet[Protected]:
    """Return the active people who may change the account policy and can get there."""
    people: QuerySet[Protected] = ModelBackend().with_perm(POLICY).filter(is_staff=True)
    return people
