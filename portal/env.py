"""Typed settings, from the environment or else from the settings file.

An empty value means the default. Errors have the setting's name and place, and never the value,
which may be a secret.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

from portal import dotenv
from portal.dotenv import Entry

ON, OFF = {"on", "true", "yes", "y", "1"}, {"off", "false", "no", "n", "0"}
# Nine digits fit every column and counter.
WHOLE = re.compile(r"[0-9]{1,9}")
# Control and format characters, and bytes that are not UTF-8, which editors do not show
INVISIBLE = {"Cc", "Cf", "Cs"}
# Characters that people put around lists and items elsewhere
WRAPPERS = tuple("""'"[]()""")
ALIKE = 0.8

Value = TypeVar("Value")


@dataclass
class Env:
    """The environment and the entries of the settings file."""

    environ: Mapping[str, str]
    file: Path
    entries: Mapping[str, Entry]
    asked: set[str] = field(default_factory=set)

    def read(self, name: str, parse: Callable[[str], Value], default: Value | None) -> Value:
        """Return the parsed value, or the default if it is not set.

        A default of None means required.
        """
        self.asked.add(name)
        text, place = self._find(name)
        try:
            return _default(default) if not text else parse(_visible(text))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} {error}{place}.") from None

    def _find(self, name: str) -> tuple[str, str]:
        if text := self.environ.get(name, "").strip():
            return text, " (in the environment)"
        if (entry := self.entries.get(name)) and (text := entry.value.strip()):
            return text, f" (line {entry.line} of {self.file})"
        return "", ""

    def text(self, name: str, default: str | None = None) -> str:
        """Return the text unchanged. A $ has no special meaning."""
        return self.read(name, str, default)

    def switch(self, name: str, *, default: bool = False) -> bool:
        """Return on or off."""
        return self.read(name, _switch, default)

    def number(self, name: str, default: int, *, least: int = 1, most: int) -> int:
        """Return a whole number within the limits."""
        return self.read(name, lambda text: _number(text, least, most), default)

    def choice(self, name: str, default: str, among: Iterable[str]) -> str:
        """Return one of the words, whatever its case."""
        return self.read(name, lambda text: _choice(text, tuple(among)), default)

    def items(
        self, name: str, default: list[str] | None, parse: Callable[[str], str] | None = None
    ) -> list[str]:
        """Return the comma-separated items, without the spaces around them."""
        return self.read(name, lambda text: _items(text, parse or _plain), default)

    def zone(self, name: str, default: str) -> str:
        """Return the name of a time zone."""
        return self.read(name, _zone, default)

    def others(self) -> dict[str, str]:
        """Return the entries of the file that no setting reads, for libraries."""
        return {name: self.entries[name].value for name in set(self.entries) - self.asked}

    def misspelled(self) -> dict[str, str]:
        """Return those names that resemble a setting, with that setting."""
        near = {
            name: get_close_matches(name.upper(), self.asked, 1, ALIKE) for name in self.others()
        }
        return {name: found[0] for name, found in near.items() if found}


def load(environ: Mapping[str, str], default: Path) -> Env:
    """Read the file that ENV_FILE names. Without ENV_FILE, read the default file if it exists."""
    named = environ.get("ENV_FILE", "").strip()
    if not named and not default.exists():
        return Env(environ, default, {})
    file = Path(named) if named else default
    return Env(environ, file, dotenv.read(file))


def _default(default: Value | None) -> Value:
    if default is None:
        raise ValueError("is required: set it in the environment or in the settings file")
    return default


def _visible(text: str) -> str:
    if any(unicodedata.category(letter) in INVISIBLE for letter in text):
        raise ValueError("contains an invisible character: type the line again")
    return text


def _switch(text: str) -> bool:
    word = text.lower()
    if word not in ON | OFF:
        raise ValueError("must be on, off, true, false, yes, no, 1 or 0")
    return word in ON


def _number(text: str, least: int, most: int) -> int:
    if not WHOLE.fullmatch(text) or not least <= int(text) <= most:
        raise ValueError(f"must be a whole number from {least} to {most}")
    return int(text)


def _choice(text: str, among: tuple[str, ...]) -> str:
    found = [word for word in among if word.lower() == text.lower()]
    if not found:
        raise ValueError(f"must be one of {', '.join(among)}")
    return found[0]


def _items(text: str, parse: Callable[[str], str]) -> list[str]:
    return [parse(item.strip()) for item in text.split(",") if item.strip()]


def _plain(item: str) -> str:
    if item.startswith(WRAPPERS) or item.endswith(WRAPPERS):
        raise ValueError("must be separated by commas, without brackets and quotes")
    return item


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ValueError, OSError, KeyError):
        raise ValueError("must be a time zone such as Europe/London") from None
