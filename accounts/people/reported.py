"""A reported event: what its report turns off, and how the owner gets back in afterwards."""

from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils import timezone

from accounts.models import User
from mfa import audit, channels, factors
from mfa.client import Client
from mfa.login.facts import gather
from mfa.login.pending import PendingLogin
from mfa.models import AuditEvent, Event, Factor
from mfa.models.audit import BINDING
from mfa.models.people import RESTS_AFTER_CHANGE
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
from mfa.rules.steps import Facts, Step, next_step


class WayOn(StrEnum):
    """How the owner gets back in after a report."""

    # A mailed link leads to a new password
    LINK = "link"
    # The same, but the owner must ask for the link, because the email was changed
    ASK = "ask"
    # No factor is left to ask beside the link: password, emailed code, new factor, new password
    LOGIN = "login"
    # There is no mail server: a login as usual, then a new password
    RENEW = "renew"
    # None of these is possible without help
    HELP = "help"
    # The email was changed, and nothing tells the owner from the person who changed it
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Reported:
    """An event of a person, its report, and the person's latest report of any event.

    `opened`: since the event, an operator opened the closed account again.
    """

    person: User
    event: AuditEvent
    report: AuditEvent | None
    latest: AuditEvent | None
    opened: AuditEvent | None

    @property
    def disputed(self) -> bool:
        """Whether the email was changed by this event or after it, within the last week.

        After a week without a report, the new address counts as the owner's (EM-06). So does the
        address with which an operator opened the account.
        """
        if self.opened:
            return False
        recent = timezone.now() - RESTS_AFTER_CHANGE
        if self.event.event == Event.EMAIL_CHANGED:
            return self.event.at > recent
        moved = self.person.email_changed_at
        return moved is not None and moved > recent and moved >= self.event.at

    @property
    def done(self) -> AuditEvent | None:
        """The event after which a report has nothing left to do, if there was one."""
        return self.report or (None if self.turned_off() else self.opened)

    @property
    def ends_pause(self) -> bool:
        """Whether the event is a pause, which the report ends."""
        return self.event.event == Event.PAUSED

    def turned_off(self) -> list[Factor]:
        """Return the factors that the report suspends.

        That is the factor that the event is about. If the email was changed, it is also each factor
        from less than a week before the event: nobody had a week to report it.
        """
        held = factors.held_by(self.person)
        brought = self.event.details.get("factor") if self.event.event in BINDING else None
        oldest = self.event.at - RESTS_AFTER_CHANGE if self.disputed else None
        return [
            factor
            for factor in held
            if factor.pk == brought or (oldest and factor.confirmed_at > oldest)
        ]

    def way_on(self, client: Client) -> WayOn:
        """Return how the owner gets back in."""
        facts = self._facts_of_reset(client)
        if self.disputed:
            asked = any(route.channel is not ChannelName.EMAIL for route in facts.routes)
            return WayOn.ASK if asked and not facts.by_password else WayOn.CLOSED
        if not channels.available(ChannelName.EMAIL):
            return WayOn.RENEW if self.person.has_usable_password() else WayOn.HELP
        if next_step(facts) is not Step.BLOCKED:
            return WayOn.LINK
        able = facts.recovery_allowed and self.person.has_usable_password()
        return WayOn.LOGIN if able else WayOn.HELP

    def _facts_of_reset(self, client: Client) -> Facts:
        """Return what a password reset would ask for after the report."""
        now, off = timezone.now(), self.turned_off()
        policy = self.person.mfa_policy
        return gather(
            self.person,
            policy=replace(policy, paused=policy.paused and not self.ends_pause),
            factors=[held for held in factors.held_by(self.person) if held not in off],
            pending=PendingLogin.begin(self.person, Purpose.RESET, now),
            client=client,
            now=now,
        )


def find(person_id: int, event_id: int) -> Reported | None:
    """Return an event of a person with its report, or None for an event of someone else."""
    person = User.objects.filter(pk=person_id).first()
    event = person and audit.events_of(person).filter(pk=event_id).first()
    if not person or not event:
        return None
    later = audit.events_of(person).filter(at__gte=event.at)
    reports = later.filter(event=Event.DISOWNED)
    return Reported(
        person,
        event,
        report=reports.filter(details__number=event_id).first(),
        latest=reports.first(),
        opened=later.filter(event=Event.ACCOUNT_OPENED).first(),
    )
