"""The dry run: every line is judged and compared, and nothing outside the import is written."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import policies
from accounts.csv_import import columns, findings, reading, uploads
from accounts.csv_import.columns import Field
from accounts.csv_import.comparing import changes_of, matches_of
from accounts.csv_import.lines import Judge, LineFault, LineFinding, Person
from accounts.csv_import.numbers import Reader
from accounts.csv_import.reading import Record, Unreadable, UnreadableError
from accounts.models import ImportLine, Organization, PeopleImport
from accounts.models.imports import ImportPart
from mfa.models import SitePolicy
from mfa.rules.fold import Branch

State, Effect = PeopleImport.State, ImportLine.Effect
# Records per transaction
BATCH = 500
# Counts of lines by outcome. They add up to the total (csv4).
BAD, REPEATED = "bad", "repeated"


def check(pk: int, *, seconds: float) -> bool:
    """Check the next records for some seconds. Return whether there are more."""
    held = PeopleImport.objects.select_related("organization").filter(pk=pk).first()
    if held is None or held.state != State.CHECKING:
        return False
    ends = monotonic() + seconds
    try:
        found = reading.records(lambda: uploads.opened(held))
        judge = judge_of(held, next(found).cells)
        rest = islice(found, held.position, None)
        while batch := list(islice(rest, BATCH)):
            if not _checked(held, judge, batch):
                return False
            if monotonic() >= ends:
                return True
    except UnreadableError as error:
        _refuse(held, error)
        return False
    return _finish(held)


def judge_of(held: PeopleImport, header: Sequence[str]) -> Judge:
    """Return what the lines of an import are judged by."""
    mapped = uploads.mapped_in(held)
    if held.organization or held.invites:
        # The organization was chosen, so no line leads into another one.
        mapped = {at: field for at, field in mapped.items() if field is not Field.ORGANIZATION}
    policy = policies.policy_at(
        SitePolicy.load(),
        policies.branch_of(held.organization) if held.organization else Branch(),
    )
    reader = Reader(policy.home_region, policy.allow_voip, settings.SMS_TEST_NUMBERS)
    return Judge(header, mapped, reader, is_administrator=not held.invites)


def _checked(held: PeopleImport, judge: Judge, batch: Sequence[Record]) -> bool:
    """Judge a batch and store the result. Return False if another worker came first."""
    with transaction.atomic():
        rows = PeopleImport.objects.select_for_update(no_key=True, skip_locked=True)
        row = rows.filter(pk=held.pk, state=State.CHECKING, position=held.position).first()
        if row is None:
            return False
        found, lines = _Batch(row, judge).of(batch)
        ImportLine.objects.bulk_create(lines)
        findings.store(row, found)
        row.position += len(batch)
        row.total, row.worked_at = row.position, timezone.now()
        row.save(update_fields=["position", "total", "counts", "worked_at"])
    held.position, held.counts = row.position, row.counts
    return True


class _Batch:
    """Some records of a file, and the lines with the same addresses before them."""

    def __init__(self, held: PeopleImport, judge: Judge) -> None:
        self.held, self.judge = held, judge
        self.findings: list[LineFinding] = []

    def of(self, batch: Iterable[Record]) -> tuple[list[LineFinding], list[ImportLine]]:
        """Return what was found, and the lines to import."""
        people = list(self._well_formed(batch))
        emails = {person.email for person in people}
        earlier = {row.email: row for row in self.held.lines.filter(email__in=emails)}
        lines = list(self._distinct(people, earlier))
        self._free_usernames(lines)
        match = matches_of(lines)
        for line in lines:
            changes = changes_of(line, match[line.line], invites=self.held.invites)
            line.effect = changes.effect
            self.findings += changes.findings
            self._count(line.effect)
        return self.findings, [line for line in lines if line.effect != Effect.REFUSED]

    def _well_formed(self, batch: Iterable[Record]) -> Iterator[Person]:
        for record in batch:
            person, found = self.judge.judge(record)
            self.findings += found
            if person is None:
                self._count(BAD)
            else:
                yield person

    def _distinct(
        self, people: Iterable[Person], earlier: dict[str, ImportLine]
    ) -> Iterator[ImportLine]:
        """Return one line for each address: the same again is skipped, a contradiction is bad."""
        slugs = _organizations({person.organization for person in people})
        for person in people:
            organization = self.held.organization or slugs.get(person.organization.casefold())
            if person.organization and organization is None:
                self._bad(LineFinding(person.line, LineFault.NO_ORGANIZATION, Field.ORGANIZATION))
                continue
            line = _line_of(self.held, person, organization)
            first = earlier.setdefault(person.email, line)
            if first is line:
                yield line
            elif _says_the_same(first, line):
                self._count(REPEATED)
            else:
                self._bad(LineFinding(line.line, LineFault.CONFLICT, other_line=first.line))

    def _free_usernames(self, lines: Sequence[ImportLine]) -> None:
        """Take a username from every line but the first that has it."""
        wanted = {line.username for line in lines if line.username}
        taken = set(self.held.lines.filter(username__in=wanted).values_list("username", flat=True))
        for line in lines:
            if line.username in taken:
                self.findings.append(
                    LineFinding(line.line, LineFault.USERNAME_TAKEN, Field.USERNAME)
                )
                line.username = None
            elif line.username:
                taken.add(line.username)

    def _bad(self, finding: LineFinding) -> None:
        self.findings.append(finding)
        self._count(BAD)

    def _count(self, what: str) -> None:
        self.held.counts[what] = self.held.counts.get(what, 0) + 1


def _organizations(names: Iterable[str]) -> dict[str, Organization]:
    """Return organizations by the short names in a file."""
    slugs = {name.casefold() for name in names if name}
    return {each.slug: each for each in Organization.objects.filter(slug__in=slugs)}


def _line_of(held: PeopleImport, person: Person, organization: Organization | None) -> ImportLine:
    return ImportLine(
        of=held,
        line=person.line,
        email=person.email,
        full_name=person.full_name,
        mobile=person.mobile,
        username=person.username or None,
        role=person.role,
        organization=organization,
    )


def _says_the_same(one: ImportLine, other: ImportLine) -> bool:
    compared = ("full_name", "mobile", "username", "role", "organization_id")
    return all(getattr(one, name) == getattr(other, name) for name in compared)


def _finish(held: PeopleImport) -> bool:
    """Delete the file, because every line is judged."""
    if not held.position:
        _refuse(held, UnreadableError(Unreadable.NO_PEOPLE))
        return False
    rows = PeopleImport.objects.filter(pk=held.pk, state=State.CHECKING)
    with transaction.atomic():
        if rows.update(state=State.CHECKED, worked_at=timezone.now()):
            ImportPart.objects.filter(of=held).delete()
    return False


def _refuse(held: PeopleImport, error: UnreadableError) -> None:
    """Store why the file cannot be imported, and forget what was read of it."""
    with transaction.atomic():
        PeopleImport.objects.filter(pk=held.pk).update(
            state=State.UNREADABLE,
            fault=error.fault,
            fault_line=error.line,
            fault_names=list(error.names),
            finished_at=timezone.now(),
        )
        for rows in (held.parts, held.lines, held.findings):
            rows.all().delete()


def unused_columns(held: PeopleImport, header: Sequence[str]) -> list[str]:
    """Return the names of the columns that are not imported."""
    return columns.unused(header, judge_of(held, header).mapped)
