"""What a line changes, compared with the people who already have an account.

The dry run and the real run ask the same functions, so they cannot disagree about a person.
An import never touches passwords, powers, factors and what was proven (csv10).
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from accounts.csv_import.lines import MANAGER, MEMBER, LineFault, LineFinding
from accounts.models import ImportLine, Invitation, Membership, User
from mfa.models import Factor, Status
from mfa.models.people import with_powers

Effect = ImportLine.Effect


@dataclass(frozen=True, slots=True)
class Match:
    """What the database has for an address. `numbers`: the person's, verified or not."""

    person: User | None = None
    has_powers: bool = False
    has_factor: bool = False
    numbers: frozenset[str] = frozenset()
    membership: Membership | None = None
    invitation: Invitation | None = None
    username_taken: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import does with one line. Empty values change nothing."""

    effect: Effect
    full_name: str = ""
    number: str = ""
    username: str = ""
    role: str = ""
    joins: bool = False
    findings: Sequence[LineFinding] = ()

    @property
    def any(self) -> bool:
        """Whether something changes."""
        return bool(self.full_name or self.number or self.username or self.role or self.joins)


def changes_of(line: ImportLine, match: Match, *, invites: bool) -> Changes:
    """Return what happens to a line's person."""
    if invites:
        return _invited(line, match)
    wanted = _wanted(line, match)
    if match.has_powers and wanted.any:
        return Changes(Effect.REFUSED, findings=[LineFinding(line.line, LineFault.STAFF)])
    if match.person is None:
        return replace(wanted, effect=Effect.NEW)
    return replace(wanted, effect=Effect.CHANGED) if wanted.any else wanted


def matches_of(lines: Collection[ImportLine]) -> dict[int, Match]:
    """Return what the database has for each line, by the line's number, in a few statements."""
    emails = {line.email for line in lines}
    people = {one.email: one for one in User.objects.filter(email__in=emails)}
    keys = [one.pk for one in people.values()]
    powerful = set(User.objects.filter(with_powers(), pk__in=keys).values_list("pk", flat=True))
    numbers, bound = _factors(keys)
    joined = _memberships(keys)
    invited = _invitations(emails, {line.organization_id for line in lines})
    names = {line.username for line in lines if line.username}
    owners = dict(User.objects.filter(username__in=names).values_list("username", "pk"))
    return {
        line.line: Match(
            person=(person := people.get(line.email)),
            has_powers=person is not None and person.pk in powerful,
            has_factor=person is not None and person.pk in bound,
            numbers=frozenset(numbers[person.pk] if person else ()),
            membership=joined.get((person.pk, line.organization_id)) if person else None,
            invitation=invited.get((line.email, line.organization_id)),
            username_taken=owners.get(line.username or "") not in {None, person and person.pk},
        )
        for line in lines
    }


def _invited(line: ImportLine, match: Match) -> Changes:
    """A manager learns only who is a member, which the manager's own pages show (RG-02)."""
    held = match.invitation
    if held and held.is_open:
        same = (held.full_name, held.mobile) == (line.full_name, line.mobile)
        is_done = same or held.role == MANAGER
    else:
        is_done = False
    if match.membership or is_done:
        return Changes(Effect.UNCHANGED)
    return Changes(Effect.INVITED, full_name=line.full_name, number=line.mobile)


def _wanted(line: ImportLine, match: Match) -> Changes:
    person, membership = match.person, match.membership
    number, number_fault = _number(line, match)
    username, username_fault = _username(line, match)
    joins = line.organization_id is not None and membership is None
    rises = membership is not None and membership.role == MEMBER and line.role == MANAGER
    faults = filter(None, (number_fault, username_fault))
    return Changes(
        Effect.UNCHANGED,
        full_name="" if person and person.full_name == line.full_name else line.full_name,
        number=number,
        username=username,
        role=line.role if joins or rises else "",
        joins=joins,
        findings=[LineFinding(line.line, fault) for fault in faults],
    )


def _number(line: ImportLine, match: Match) -> tuple[str, LineFault | None]:
    """Return a number to fill in at the setup. It never stands beside a factor."""
    if not line.mobile or line.mobile in match.numbers:
        return "", None
    return ("", LineFault.NUMBER_KEPT) if match.has_factor else (line.mobile, None)


def _username(line: ImportLine, match: Match) -> tuple[str, LineFault | None]:
    held = match.person.username if match.person else None
    if not line.username or line.username == held:
        return "", None
    if match.username_taken:
        return "", LineFault.USERNAME_TAKEN
    return ("", LineFault.USERNAME_KEPT) if held else (line.username, None)


def _factors(people: Collection[int]) -> tuple[dict[int, set[str]], set[int]]:
    """Return each person's numbers, and the people who have a factor."""
    rows = Factor.objects.not_revoked().filter(user_id__in=people)
    numbers: dict[int, set[str]] = defaultdict(set)
    bound = set()
    for person, status, target in rows.values_list("user_id", "status", "target"):
        numbers[person].add(target)
        if status != Status.PROPOSED:
            bound.add(person)
    return numbers, bound


def _memberships(people: Collection[int]) -> dict[tuple[int, int | None], Membership]:
    rows = Membership.objects.filter(user__in=people, ended_at=None)
    return {(row.user_id, row.organization_id): row for row in rows}


def _invitations(
    emails: Collection[str], organizations: Collection[int | None]
) -> dict[tuple[str, int | None], Invitation]:
    rows = Invitation.objects.filter(email__in=emails, organization__in=organizations)
    return {(row.email, row.organization_id): row for row in rows}
