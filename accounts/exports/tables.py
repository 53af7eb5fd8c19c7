"""What can be exported: the rows of each table, read some at a time, by index."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.organizations import authority, enrollment
from accounts.organizations.managers import Manager
from mfa.files import Columns, Row
from mfa.models import AuditEvent, Delivery, Factor, Status
from mfa.models.factors import USABLE
from mfa.models.people import with_powers
from mfa.rules.masking import ending
from mfa.rules.methods import ChannelName

# Rows in memory at a time
AT_ONCE = 500


class Table(StrEnum):
    """The names in addresses, file names and the audit."""

    PEOPLE = "people"
    AUDIT = "audit"
    DELIVERIES = "deliveries"
    ENROLLMENT = "enrollment"


# The columns of people have the names that an import knows.
NAMES = {
    Table.PEOPLE: ("email", "full name", "mobile", "username", "role", "organization"),
    Table.AUDIT: ("at", "event", "person", "actor", "address", "browser", "details"),
    Table.DELIVERIES: (
        "requested",
        "person",
        "message",
        "channel",
        "to",
        "state",
        "reason",
        "error number",
        "message id",
        "finished",
    ),
}


def columns_of(table: Table) -> Columns:
    """Return the headings of a table by name."""
    if table is Table.ENROLLMENT:
        return enrollment.columns()
    return {name: name for name in NAMES[table]}


@dataclass(frozen=True, slots=True)
class Scope:
    """Who reads, and of which organization. None is everything, for staff.

    No actor is a command on the machine, which reads as an administrator does.
    """

    actor: User | None
    organization: Organization | None = None

    def rows(self, table: Table) -> Iterator[Row]:
        """Return the rows that the actor may see."""
        match table:
            case Table.PEOPLE:
                return self._people()
            case Table.AUDIT:
                return self._audit()
            case Table.DELIVERIES:
                return self._deliveries()
            case Table.ENROLLMENT:
                return self._enrollment()

    @property
    def reads_numbers(self) -> bool:
        """Whether the actor reads everyone's whole number, as administrators do."""
        return self.actor is None or authority.rules_all(self.actor)

    def _people(self) -> Iterator[Row]:
        for some in self._in_parts(self._members()):
            numbers = _numbers(some.keys())
            hidden = set() if self.reads_numbers else self._hidden(some.keys())
            for person, role, slug in some.values():
                number = numbers.get(person.pk, "")
                shown = _masked(number) if person.pk in hidden else number
                yield (
                    person.email,
                    person.full_name,
                    shown,
                    person.username or "",
                    role,
                    slug,
                )

    def _members(self) -> Iterator[tuple[User, str, str]]:
        """Return people with their role and organization: the chosen one, or their home."""
        if self.organization is None:
            people = User.objects.select_related("home__organization").order_by("pk")
            for person in people.iterator(AT_ONCE):
                home = person.home if person.home and person.home.ended_at is None else None
                yield person, home.role if home else "", home.organization.slug if home else ""
            return
        rows = self._memberships().select_related("user").order_by("pk")
        for row in rows.iterator(AT_ONCE):
            yield row.user, row.role, self.organization.slug

    def _in_parts(
        self, members: Iterator[tuple[User, str, str]]
    ) -> Iterator[dict[int, tuple[User, str, str]]]:
        while some := list(islice(members, AT_ONCE)):
            yield {each[0].pk: each for each in some}

    def _hidden(self, people: Collection[int]) -> set[int]:
        """Return the people whose number is masked: those that the actor may not edit (K10)."""
        if self.actor is None:
            return set()
        if self.actor.is_staff:
            return set(people)
        held = Membership.objects.in_force().filter(user__in=people)
        beyond = held.exclude(Manager(self.actor).within_reach()).values_list("user", flat=True)
        some = User.objects.filter(pk__in=people)
        powerful = some.filter(with_powers()).values_list("pk", flat=True)
        registered = some.exclude(registered_at=None).values_list("pk", flat=True)
        return {*beyond, *powerful, *registered, self.actor.pk}

    def _audit(self) -> Iterator[Row]:
        rows = AuditEvent.objects.select_related("user", "actor").order_by("pk")
        for row in self._of(rows).iterator(AT_ONCE):
            yield (
                row.at.isoformat(),
                row.event,
                _email_of(row.user),
                _email_of(row.actor),
                row.address or "",
                row.browser,
                json.dumps(row.details, ensure_ascii=False),
            )

    def _deliveries(self) -> Iterator[Row]:
        rows = Delivery.objects.select_related("user").order_by("pk")
        for row in self._of(rows).iterator(AT_ONCE):
            is_number = row.channel == ChannelName.SMS
            cut = is_number and not self.reads_numbers
            yield (
                row.created_at.isoformat(),
                _email_of(row.user),
                row.message,
                row.channel,
                _masked(row.target) if cut else row.target,
                row.state,
                row.reason,
                row.code,
                row.provider_id,
                row.finished_at.isoformat() if row.finished_at else "",
            )

    def _enrollment(self) -> Iterator[Row]:
        if self.organization is None:
            return
        zone, now = timezone.get_current_timezone(), timezone.now()
        days = enrollment.days_of(self.actor, self.organization, zone=zone, now=now)
        yield from enrollment.rows(self.organization, days)

    def _of(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Keep the rows about the people of the organization."""
        return (
            rows.filter(user__in=self._memberships().values("user")) if self.organization else rows
        )

    def _memberships(self) -> QuerySet[Membership]:
        """Return the memberships of the organization: all for staff, a manager's own for others."""
        if self.actor is None or self.actor.is_staff:
            return Membership.objects.filter(organization=self.organization, ended_at=None)
        return Manager(self.actor).members(self.organization)  # type: ignore[arg-type]


def _numbers(people: Collection[int]) -> dict[int, str]:
    """Return each person's number: the one that gets the codes, or else an unverified one."""
    rows = Factor.objects.filter(
        user_id__in=people, kind=Factor.Kind.PHONE, status__in=(*USABLE, Status.PROPOSED)
    )
    # The last one stands: usable before proposed, preferred before others, newest before older.
    ordered = sorted(
        rows, key=lambda row: (row.status != Status.PROPOSED, row.preferred, row.confirmed_at)
    )
    return {row.user_id: row.target for row in ordered}


def _masked(number: str) -> str:
    return number and f"…{ending(number)}"


def _email_of(person: Any) -> str:
    return person.email if person is not None else ""
