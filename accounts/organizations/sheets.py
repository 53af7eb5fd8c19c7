"""Files for spreadsheets, in which no cell runs as a formula."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from django.http import StreamingHttpResponse

from mfa.rules.cells import safe


def sheet(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV (RFC 4180)."""
    return "".join(lines(rows))


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Return each row as a line of CSV."""
    out = StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([safe(str(cell)) for cell in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def download(name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """Return rows as a file that a browser stores, while they are read."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(
        lines(rows), content_type="text/csv; charset=utf-8", headers=headers
    )
