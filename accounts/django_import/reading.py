"""Reads a file of `dumpdata` one object at a time: JSON or JSON lines, of any size."""

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from django.utils import timezone
from django.utils.dateparse import parse_datetime

CHUNK = 1 << 20
BETWEEN = " \t\r\n,"
# What a column for numbers can hold
MOST = 1 << 63
# Earlier times are not of a person, and some databases cannot store them.
FIRST_YEAR = 1970


class DumpError(ValueError):
    """The file is not one that `dumpdata` wrote, or a part is missing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table. `model` is in lower case, such as auth.user."""

    model: str
    pk: object
    fields: dict[str, object]

    def text(self, name: str) -> str:
        """Return a field if it is a text that a database can store, otherwise ""."""
        value = self.fields.get(name)
        if not isinstance(value, str) or "\0" in value:
            return ""
        # JSON can write halves of a character.
        return "" if any("\ud800" <= sign <= "\udfff" for sign in value) else value

    def number(self, name: str, default: int = 0) -> int:
        """Return a field if it is a whole number, otherwise the default."""
        value = self.fields.get(name)
        return value if isinstance(value, int) and abs(value) < MOST else default

    def is_true(self, name: str, *, default: bool = False) -> bool:
        """Whether a field is true. Anything but true and false is the default."""
        value = self.fields.get(name)
        return value if isinstance(value, bool) else default

    def moment(self, name: str) -> datetime | None:
        """Return a time of the past, None for anything else."""
        try:
            found = parse_datetime(self.text(name))
        except ValueError:
            return None
        if found and timezone.is_naive(found):
            # The other project has USE_TZ = False.
            found = timezone.make_aware(found)
        if found is None or found.year < FIRST_YEAR:
            return None
        return found if found <= timezone.now() else None


def rows(path: Path) -> Iterator[Row]:
    """Return the rows in the order of the file. Raises DumpError and OSError."""
    try:
        with path.open(encoding=_encoding_of(path)) as file:
            for found in _objects(file):
                yield _row(found)
    except UnicodeDecodeError as error:
        raise DumpError("The file is not UTF-8.") from error


def _encoding_of(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    # PowerShell redirects into UTF-16.
    return "utf-16" if start in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig"


def _objects(file: TextIO) -> Iterator[object]:
    decoder, text = json.JSONDecoder(), file.read(CHUNK).lstrip()
    is_list = text.startswith("[")
    at = int(is_list)
    while True:
        at = _next(text, at)
        if is_list and text[at : at + 1] == "]":
            return
        try:
            found, at = decoder.raw_decode(text, at)
        except RecursionError as error:
            raise DumpError("The file is nested too deeply.") from error
        except ValueError as error:
            # Usually the object continues in the next part of the file.
            rest = text[at:]
            more = file.read(max(CHUNK, len(rest)))
            if more:
                text, at = rest + more, 0
            elif rest or is_list:
                raise DumpError("The file is not JSON, or its end is missing.") from error
            else:
                return
        else:
            yield found


def _next(text: str, at: int) -> int:
    while at < len(text) and text[at] in BETWEEN:
        at += 1
    return at


def _row(found: object) -> Row:
    if isinstance(found, dict):
        model, fields, pk = found.get("model"), found.get("fields"), found.get("pk")
        # A list as a key would be the natural key of someone else.
        if isinstance(model, str) and isinstance(fields, dict) and not isinstance(pk, list):
            return Row(model.lower(), pk, fields)
    raise DumpError("The file was not written by dumpdata.")
