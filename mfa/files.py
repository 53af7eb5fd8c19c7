"""Files to download, written row by row: CSV for spreadsheets, JSON lines for programs."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from io import StringIO

from django.http import HttpResponse, StreamingHttpResponse

from mfa.rules.cells import safe

BYTE_ORDER_MARK = "\ufeff"


class Format(StrEnum):
    """`excel` is CSV with a byte order mark, by which Excel knows UTF-8."""

    CSV = "csv"
    EXCEL = "excel"
    JSON_LINES = "jsonl"


KINDS = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.EXCEL: "text/csv; charset=utf-8",
    Format.JSON_LINES: "application/jsonl",
}
ENDINGS = {Format.CSV: "csv", Format.EXCEL: "csv", Format.JSON_LINES: "jsonl"}
Row = Sequence[object]
# The heading of each column, by the name that programs read
Columns = Mapping[str, object]


def written(columns: Columns, rows: Iterable[Row], kind: Format) -> Iterator[str]:
    """Return the pieces of a file. No cell of a CSV file runs as a formula."""
    if kind is Format.JSON_LINES:
        for row in rows:
            yield json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n"
        return
    if kind is Format.EXCEL:
        yield BYTE_ORDER_MARK
    yield from _lines([tuple(columns.values())])
    yield from _lines(rows)


def download(name: str, columns: Columns, rows: Iterable[Row], kind: Format) -> HttpResponse:
    """Return a file that a browser stores, while its rows are read. The name has no ending."""
    disposition = f'attachment; filename="{name}.{ENDINGS[kind]}"'
    # The stubs know no common class.
    return StreamingHttpResponse(  # type: ignore[return-value]
        written(columns, rows, kind),
        content_type=KINDS[kind],
        headers={"Content-Disposition": disposition},
    )


def wanted(sent: Mapping[str, str]) -> Format:
    """Return the format that a request names, or CSV."""
    named = sent.get("format", "")
    return Format(named) if named in set(Format) else Format.CSV


def named(path: str) -> Format:
    """Return the format that the ending of a file's name says, or CSV."""
    return Format.JSON_LINES if path.endswith(f".{ENDINGS[Format.JSON_LINES]}") else Format.CSV


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    """Return each row as a line of CSV (RFC 4180)."""
    out = StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([safe(str(cell)) for cell in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
