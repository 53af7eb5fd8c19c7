"""Files for spreadsheets, in which no cell runs as a formula."""

import csv
from collections.abc import Iterable
from io import StringIO

from mfa.rules.cells import safe


def sheet(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV (RFC 4180)."""
    out = StringIO()
    csv.writer(out).writerows([safe(str(cell)) for cell in row] for row in rows)
    return out.getvalue()
