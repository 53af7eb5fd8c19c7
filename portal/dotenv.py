"""Parser of the settings file: one NAME=value per line. It refuses ambiguous lines."""

import re
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

LINE = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(.*)")
# Only a comment can follow the closing quote.
SINGLE = re.compile(r"'([^']*)'\s*(?:\s#.*)?")
DOUBLE = re.compile(r'"((?:[^"\\]|\\["\\$])*)"\s*(?:\s#.*)?')
ESCAPED = re.compile(r'\\(["\\$])')
COMMENT = re.compile(r"\s#+(?:\s|$)")
COMMENT_AT_ONCE = "# "
UNCLEAR_COMMENT = re.compile(r"\s#")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and its line number."""

    value: str
    line: int


def read(path: Path) -> dict[str, Entry]:
    """Return the entries by name. Raises ImproperlyConfigured with the line number only."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} is not UTF-8 text.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error.strerror}.") from None
    return parse(text, path)


def parse(text: str, path: Path) -> dict[str, Entry]:
    """Return the entries of a text. `path` is for error messages."""
    entries: dict[str, Entry] = {}
    # Not splitlines, which also splits at characters that editors show within a line.
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        try:
            name, value = _pair(words)
        except ValueError as error:
            raise ImproperlyConfigured(f"Line {number} of {path} {error}.") from None
        if name in entries:
            first = entries[name].line
            raise ImproperlyConfigured(f"{name} is on lines {first} and {number} of {path}.")
        entries[name] = Entry(value, number)
    return entries


def _pair(words: str) -> tuple[str, str]:
    found = LINE.fullmatch(words)
    if not found:
        raise ValueError("is not NAME=value")
    name, rest = found.groups()
    if rest.strip().startswith(("'", '"')):
        return name, _quoted(name, rest.strip())
    return name, _bare(name, rest)


def _quoted(name: str, rest: str) -> str:
    if found := SINGLE.fullmatch(rest):
        return found[1]
    if found := DOUBLE.fullmatch(rest):
        return ESCAPED.sub(r"\1", found[1])
    advice = "has unclear quotes: quote the whole value, in single quotes if it holds a backslash"
    raise ValueError(f"({name}) {advice}")


def _bare(name: str, rest: str) -> str:
    """Cut off a comment, which starts with a # between spaces. Refuse ambiguous ones."""
    found = COMMENT.search(rest)
    value = rest[: found.start()] if found else rest
    if rest.startswith(COMMENT_AT_ONCE) or UNCLEAR_COMMENT.search(value):
        raise ValueError(f"({name}) has an unclear #: quote the value, or put a space around the #")
    return value.strip()
