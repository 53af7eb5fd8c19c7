"""A part of the lines, imported in the caller's transaction: new people together, others alone.

Every line is compared again, because people may have changed since the dry run.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.csv_import import bringing, findings, inviting
from accounts.csv_import.comparing import Changes, Effect, Match, changes_of, matches_of
from accounts.csv_import.lines import LineFault, LineFinding
from accounts.models import ImportLine, PeopleImport, User
from mfa.rules.fold import EmptyPolicyError

# Lines of a part. Those that need statements of their own are fewer, so that locks stay short.
MOST, MOST_ALONE = 200, 25


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to a line. `is_alone`: it cannot be written together with others."""

    line: ImportLine
    match: Match
    changes: Changes

    @property
    def is_alone(self) -> bool:
        """Whether someone is here who changes, or hears of it."""
        match self.changes.effect:
            case Effect.NEW:
                return False
            case Effect.INVITED:
                return self.match.invitation is not None or self.match.has_powers
        return self.changes.effect == Effect.CHANGED


def bring(held: PeopleImport) -> int:
    """Import the next lines, and return how many there were."""
    waiting = held.lines.select_related("organization").filter(is_done=False).order_by("pk")
    plans = _fitting(held, _planned(held, waiting[:MOST]))
    # In this order everywhere: people, then the site's row. Otherwise two imports, or an import
    # and someone who accepts an invitation, could wait for each other.
    people = [each.match.person.pk for each in plans if each.is_alone and each.match.person]
    if User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"):
        # Someone may have become staff, or set up a phone, while this waited.
        plans = _planned(held, [each.line for each in plans])
    done = [(each.line, _alone(held, each)) for each in plans if each.is_alone]
    done += _together(held, [each for each in plans if not each.is_alone])
    _close(held, done)
    return len(done)


def _planned(held: PeopleImport, lines: Collection[ImportLine]) -> list[Plan]:
    match = matches_of(lines)
    return [
        Plan(line, match[line.line], changes_of(line, match[line.line], invites=held.invites))
        for line in lines
    ]


def _fitting(held: PeopleImport, plans: Sequence[Plan]) -> list[Plan]:
    """Keep the first plans, until the most are among them that need statements of their own."""
    fitting, alone = [], 0
    for each in plans:
        mailed = held.sends_mail and each.changes.effect in {Effect.NEW, Effect.INVITED}
        alone += each.is_alone or mailed
        if alone > MOST_ALONE:
            break
        fitting.append(each)
    return fitting


def _together(held: PeopleImport, plans: Sequence[Plan]) -> list[tuple[ImportLine, Changes]]:
    """Write new people in a few statements. If one of them fails, each is tried alone."""
    new = [each for each in plans if each.changes.effect in {Effect.NEW, Effect.INVITED}]
    pairs = [(each.line, each.changes) for each in new]
    try:
        with _whole(held):
            (inviting.prepare if held.invites else bringing.create)(held, pairs)
    except (IntegrityError, EmptyPolicyError):
        # Another import, or a registration, may have been faster.
        again = _planned(held, [each.line for each in plans])
        return [(each.line, _alone(held, each)) for each in again]
    return [(each.line, each.changes) for each in plans]


def _alone(held: PeopleImport, plan: Plan) -> Changes:
    """Import one line, and return what changed. It is refused if the database or rules refuse."""
    try:
        with _whole(held):
            (inviting.invite if held.invites else bringing.apply)(
                held, plan.line, plan.match, plan.changes
            )
    except (IntegrityError, EmptyPolicyError) as error:
        fault = LineFault.NO_METHOD if isinstance(error, EmptyPolicyError) else LineFault.CONFLICT
        return Changes(Effect.REFUSED, findings=[LineFinding(plan.line.line, fault)])
    return plan.changes


@contextmanager
def _whole(held: PeopleImport) -> Iterator[None]:
    """Undo all of the block if it fails, also what it counted."""
    counts = dict(held.counts)
    try:
        with transaction.atomic():
            yield
    except Exception:
        held.counts = counts
        raise


def _close(held: PeopleImport, done: Collection[tuple[ImportLine, Changes]]) -> None:
    """Note what became of the lines, in a statement for each effect."""
    by_effect: dict[str, list[int]] = defaultdict(list)
    for line, changes in done:
        by_effect[changes.effect].append(line.pk)
    for effect, keys in by_effect.items():
        held.lines.filter(pk__in=keys).update(effect=effect, is_done=True)
        held.counts[effect] = held.counts.get(effect, 0) + len(keys)
    findings.add(held, [each for _, changes in done for each in changes.findings])
