"""Files for spreadsheets, in which no cell runs as a formula."""

import csv
from collections.abc import Iterable
from io import StringIO

# OWASP, "CSV Injection". A spreadsheet shows the mark ' of a text and does not run it.
RUNS, MARK = ("=", "+", "-", "@", "\t", "\r", "\n"), "'"


def sheet(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV (RFC 4180). Numbers stay as they are."""
    out = StringIO()
    csv.writer(out).writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def _safe(cell: object) -> object:
    if isinstance(cell, int):
        return cell
    text = str(cell)
    return MARK + text if text.startswith(RUNS) else text
