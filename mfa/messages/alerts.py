"""Alerts: emails to administrators about problems that need action."""

from enum import StrEnum

from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.db.models import QuerySet

from mfa import audit, channels
from mfa.limits import counters, table as limits
from mfa.limits.base import DAY, HOUR, Limit
from mfa.messages import queue as deliveries
from mfa.models import AbstractMfaUser, Event
from mfa.rules.methods import ChannelName

POLICY = "mfa.change_accountpolicy"
# A lasting fault is reported again, but not with every message that it stops.
ONCE = Limit("alert", 1, HOUR)
DAILY = Limit("alert", 1, DAY)


class Alert(StrEnum):
    """The problem. The value is the name of the email's folder."""

    # Texts of the whole account fail, and texts are off
    TEXTS_DOWN = "texts_down"
    # Some texts fail for a reason that someone can remove
    TEXTS_FAILING = "texts_failing"
    # The provider's fraud protection blocks a range of numbers
    TEXTS_HELD = "texts_held"
    # A block or country has many texts to new numbers and few confirmed
    BRAKED = "braked"
    # Half of the daily texts, or all of them, are used
    BUDGET = "budget"
    # More people want one number than a family has
    NUMBER_SHARED = "number_shared"
    # Many wrong passwords or codes across the whole site
    GUESSING = "guessing"
    # Nearly all logins seem to come from one address
    ONE_ADDRESS = "one_address"
    # One helper let in many people within a day
    MANY_RESCUES = "many_rescues"
    # An administrator made a one-time pass without the person's confirmation
    UNCONFIRMED = "pass_alone"
    # One member of staff opened many people's pages within an hour
    MANY_OPENED = "many_opened"
    # Staff downloaded people or records as a file
    EXPORTED = "records_exported"
    # Someone refused a login on the phone, so the password is known to someone else
    REQUEST_DENIED = "request_denied"
    # Half of a day's invitations of one manager or organization are used
    MANY_INVITATIONS = "many_invitations"
    # Half of a day's registrations of the site are used
    MANY_REGISTRATIONS = "many_registrations"


def warn(alert: Alert, *, about: str = "", once: Limit = ONCE, **words: str | int) -> bool:
    """Record and email an alert, unless it was sent within the last hour. Return whether it was.

    `once` is a longer interval for alerts that would repeat too often. `about` names the subject,
    such as a country, and each subject counts separately. Neither it nor `words` can hold a full
    number. Call it outside a transaction that can be rolled back.
    """
    with transaction.atomic():
        try:
            counters.take([once.of(f"{alert}:{about}")])
        except counters.TooMany:
            return False
        told = {"about": about, **words}
        audit.record(Event.ALERTED, None, client=audit.NOWHERE, alert=alert, **told)
        if channels.available(ChannelName.EMAIL):
            for person in administrators():
                deliveries.queue(
                    person, alert, channel=ChannelName.EMAIL, target=person.email, context=told
                )
    return True


def warn_of_rescues(helper: AbstractMfaUser) -> None:
    """Alert once a day about a helper who let in five people or more (S06)."""
    use = limits.RESCUES.of(str(helper.pk))
    number = counters.used([use])[use]
    if number >= limits.RESCUES_TOLD:
        about = str(helper.pk)
        warn(Alert.MANY_RESCUES, about=about, once=DAILY, helper=helper.email, number=number)


def warn_of_openings(reader: AbstractMfaUser) -> None:
    """Alert at most once an hour about staff who opened 30 people's pages within an hour."""
    number = counters.used([use := limits.PEOPLE_OPENED.of(str(reader.pk))])[use]
    if number >= limits.PEOPLE_OPENED_TOLD:
        about = str(reader.pk)
        warn(Alert.MANY_OPENED, about=about, reader=reader.email, number=number)


def warn_of_export(reader: AbstractMfaUser, table: str) -> None:
    """Alert about a file of people or records, at most once an hour for each reader and table."""
    about = f"{reader.pk}, {table}"
    warn(Alert.EXPORTED, about=about, reader=reader.email, table=table)


def administrators() -> QuerySet[AbstractMfaUser]:
    """Return the active people who can open and change the account policy."""
    people: QuerySet[AbstractMfaUser] = ModelBackend().with_perm(POLICY).filter(is_staff=True)
    return people
