"""The formats of an export: CSV for spreadsheets, and JSON lines for programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from accounts.organizations import sheets

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


def written(columns: Sequence[str], rows: Iterable[Row], kind: Format) -> Iterator[str]:
    """Return the pieces of a file. No cell of a CSV file runs as a formula."""
    if kind is Format.JSON_LINES:
        for row in rows:
            yield json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n"
        return
    if kind is Format.EXCEL:
        yield BYTE_ORDER_MARK
    yield from sheets.lines([columns])
    yield from sheets.lines(rows)
