"""What was found in the lines of an import, stored once for a line."""

from collections.abc import Collection, Iterable

from accounts.csv_import.lines import LineFinding
from accounts.models import ImportFinding, PeopleImport


def store(held: PeopleImport, found: Iterable[LineFinding]) -> None:
    """Store what the check has found."""
    ImportFinding.objects.bulk_create(
        ImportFinding(
            of=held,
            line=each.line,
            fault=each.fault,
            field=each.field,
            shown=each.shown[:120],
            other_line=each.other_line,
            is_bad=each.is_bad,
        )
        for each in found
    )


def add(held: PeopleImport, found: Collection[LineFinding]) -> None:
    """Store what is new since the check."""
    if not found:
        return
    # With `is_bad` the index finds the lines.
    known = held.findings.filter(is_bad__in=(True, False), line__in=[each.line for each in found])
    before = set(known.values_list("line", "fault"))
    store(held, [each for each in found if (each.line, each.fault) not in before])
