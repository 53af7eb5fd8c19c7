"""Phone numbers as spreadsheets write them.

A spreadsheet turns +447700900112 into 447700900112, 4.477E+11 or #####. A number is repaired only
where there is one way to read it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from mfa.rules import phone_numbers
from mfa.rules.digits import plain
from mfa.rules.phone_numbers import Misread, Mistake, PhoneNumber

ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)
WHOLE = re.compile(r"(\d+)[.,]0+")
AS_FORMULA = re.compile(r'="([^"]*)"')
# Between two numbers in one cell
SEVERAL = re.compile(r"[/;|\n]|,\s|\s(?:or|and|oder|und|ou|et)\s", re.IGNORECASE)
TEXT_MARK, ERROR = "'", "#"
FEWEST_DIGITS = 6


class Broken(StrEnum):
    """What a spreadsheet or its author did to a number."""

    ROUNDED = "number_rounded"
    ERROR = "number_error"
    SEVERAL = "number_several"
    AMBIGUOUS = "number_ambiguous"
    NO_TEXTS = "number_no_texts"
    UNREADABLE = "number_unreadable"


@dataclass(frozen=True, slots=True)
class Reader:
    """How numbers are read: the home country ("" for none), and the prefixes of test numbers."""

    home_region: str = ""
    allow_voip: bool = False
    test_prefixes: Collection[str] = ()

    def read(self, cell: str) -> PhoneNumber | Misread:
        """Read a number as the portal's own forms do."""
        return phone_numbers.read(
            cell,
            home_region=self.home_region or None,
            allow_voip=self.allow_voip,
            test_prefixes=self.test_prefixes,
        )


def read(cell: str, reader: Reader) -> str | Broken:
    """Return the number in E.164, "" for an empty cell, or why it is left out.

    A landline stays as it is: the person is asked for a mobile number at the login (C02).
    """
    text = _unwrapped(cell)
    if not text:
        return ""
    if ROUNDED.fullmatch(text):
        return Broken.ROUNDED
    if text.startswith(ERROR):
        return Broken.ERROR
    found = reader.read(text)
    if isinstance(found, Misread) and len(_numbers_in(text)) > 1:
        return Broken.SEVERAL
    if plain(text).isdecimal() and not text.startswith("0"):
        return _restored(text, found, reader)
    return _kept(found)


def _restored(digits: str, found: PhoneNumber | Misread, reader: Reader) -> str | Broken:
    """Return the number of bare digits, which may have lost a plus or a zero."""
    abroad = reader.read(f"+{digits}")
    readings = {each.e164 for each in (found, abroad) if isinstance(each, PhoneNumber)}
    if len(readings) > 1:
        return Broken.AMBIGUOUS
    return readings.pop() if readings else _kept(found)


def _kept(found: PhoneNumber | Misread) -> str | Broken:
    if isinstance(found, PhoneNumber):
        return found.e164
    if found.mistake is Mistake.LANDLINE:
        return "+" + "".join(sign for sign in found.number if sign.isdecimal())
    if found.mistake in {Mistake.SPECIAL_RATE, Mistake.SATELLITE, Mistake.VOIP}:
        return Broken.NO_TEXTS
    return Broken.UNREADABLE


def _unwrapped(cell: str) -> str:
    text = cell.strip().removeprefix(TEXT_MARK).strip()
    if wrapped := AS_FORMULA.fullmatch(text):
        text = wrapped[1].strip()
    whole = WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _numbers_in(text: str) -> list[str]:
    parts = SEVERAL.split(text)
    return [part for part in parts if sum(map(str.isdecimal, part)) >= FEWEST_DIGITS]
