"""Parsing of phone numbers in any format, with a diagnosis of those we cannot text."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from functools import partial

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from mfa.rules import plans
from mfa.rules.digits import plain
from mfa.rules.regions import REGIONS, region_of_parsed

# libphonenumber's own limit. Real input has up to about forty characters.
LONGEST_SPELLING = 250


class Mistake(StrEnum):
    """What is wrong with a phone number."""

    EMPTY = auto()
    UNREADABLE = auto()  # letters, control characters, several numbers, far too long
    NO_COUNTRY = auto()  # neither + with a known country code nor a home region
    TOO_SHORT = auto()
    TOO_LONG = auto()
    COUNTRY_TWICE = auto()
    EXTENSION = auto()
    OLD_PLAN = auto()  # correct before the country changed its numbering plan
    NOT_A_NUMBER = auto()  # possible length, but an unassigned range
    LANDLINE = auto()
    SPECIAL_RATE = auto()  # premium, shared cost, toll-free, pager, company, voicemail, personal
    VOIP = auto()
    SATELLITE = auto()  # and other country codes without a country


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number to send to. `region` is ISO 3166, or "" if its code belongs to no country."""

    e164: str
    region: str
    international: str  # formatted for people: "+44 7546 123456"


@dataclass(frozen=True, slots=True)
class Misread:
    """`missing` counts absent digits, 0 if unknown. `repaired` is an acceptable E.164 number."""

    mistake: Mistake
    place: str = ""
    missing: int = 0
    repaired: str | None = None
    number: str = ""  # what was understood, formatted for people


Rule = Callable[[phonenumbers.PhoneNumber], Mistake | None]
EXTENSION = re.compile(
    r"(?P<number>[^a-z#,;]*\d)\W*?(?:ext(?:ension|n)?|x|#|,|;)[.:=,]*\s*\d{1,6}",
    re.IGNORECASE,
)
COUNTRY_AGAIN = re.compile(r"\+(\d+)(?P<number>\+\1\d+)")
DIALLED = re.compile(r"\+?\d+")
# Space separators, dashes and invisible characters: bidi marks, zero widths, soft hyphens
SEPARATING_CATEGORIES = {"Zs", "Pd", "Cf"}
SEPARATORS = set("()[]./·\u2212\uff08\uff09\uff0e\uff0f")
PLUSES = set("+\ufe62\uff0b")
UNPARSED = {
    NumberParseException.INVALID_COUNTRY_CODE: Mistake.NO_COUNTRY,
    NumberParseException.TOO_LONG: Mistake.TOO_LONG,
}
TEXTABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
TEXTABLE_BY_POLICY = TEXTABLE | {PhoneNumberType.VOIP, PhoneNumberType.PERSONAL_NUMBER}
KINDS = {
    PhoneNumberType.FIXED_LINE: Mistake.LANDLINE,
    PhoneNumberType.VOIP: Mistake.VOIP,
}
_e164 = partial(phonenumbers.format_number, num_format=PhoneNumberFormat.E164)
_international = partial(phonenumbers.format_number, num_format=PhoneNumberFormat.INTERNATIONAL)
# We understood these numbers, so we do not suggest a different one.
UNDERSTOOD = {Mistake.LANDLINE, Mistake.SPECIAL_RATE, Mistake.VOIP, Mistake.SATELLITE}


def read(
    typed: str,
    *,
    home_region: str | None,
    allow_voip: bool = False,
    test_prefixes: Collection[str] = (),
) -> PhoneNumber | Misread:
    """Read a number that can get texts (K14).

    Numbers with a test prefix need only a possible length.
    """
    # A stray "" or "+" among the prefixes would match every number.
    prefixes = tuple(prefix for prefix in test_prefixes if prefix not in {"", "+"})
    rule = partial(_refusal, allow_voip=allow_voip, test_prefixes=prefixes)
    return _read(typed, home_region, rule)


def read_sender(typed: str, *, home_region: str | None) -> PhoneNumber | Misread:
    """Read the number that texts are sent from (A14): any kind with a possible length."""
    return _read(typed, home_region, _wrong_length)


def _read(typed: str, home_region: str | None, rule: Rule) -> PhoneNumber | Misread:
    if len(typed) > LONGEST_SPELLING:
        return Misread(Mistake.UNREADABLE)
    text = typed.strip(" \t\r\n")
    if found := EXTENSION.fullmatch(text):
        return _reread(found["number"], Mistake.EXTENSION, home_region, rule)
    dialled = "".join(map(_dialled, text))
    if not dialled:
        return Misread(Mistake.EMPTY)
    if found := COUNTRY_AGAIN.fullmatch(dialled):
        return _reread(found["number"], Mistake.COUNTRY_TWICE, home_region, rule)
    if not DIALLED.fullmatch(dialled):
        return Misread(Mistake.UNREADABLE)
    return _diagnosed(dialled, home_region, rule)


def _reread(spelling: str, mistake: Mistake, home_region: str | None, rule: Rule) -> Misread:
    meant = _read(spelling, home_region, rule)
    if isinstance(meant, Misread):
        return replace(meant, mistake=mistake)
    return Misread(mistake, meant.region, repaired=meant.e164, number=meant.international)


def _dialled(character: str) -> str:
    if character.isdecimal():
        return plain(character)
    if character in PLUSES:
        return "+"
    if character in SEPARATORS or unicodedata.category(character) in SEPARATING_CATEGORIES:
        return ""
    return character


def _diagnosed(dialled: str, home_region: str | None, rule: Rule) -> PhoneNumber | Misread:
    number = _understood(dialled, home_region)
    answer = _judged(number, rule)
    if rule is not _wrong_length and (renewed := _renewed(number, answer, rule)):
        return renewed
    if isinstance(answer, PhoneNumber) or answer.mistake in UNDERSTOOD:
        return answer
    for mistake, spelling in _guesses(dialled, number, home_region):
        guess = _judged(_understood(spelling, home_region), rule)
        if isinstance(guess, PhoneNumber):
            return replace(answer, mistake=mistake or answer.mistake, repaired=guess.e164)
    return answer


def _renewed(
    number: phonenumbers.PhoneNumber | Mistake, answer: PhoneNumber | Misread, rule: Rule
) -> Misread | None:
    """Suggest today's number for one in an old numbering plan, or as it is dialled."""
    if isinstance(number, Mistake):
        return None
    national = phonenumbers.national_significant_number(number)
    known = phonenumbers.is_valid_number(number)
    landline = isinstance(answer, Misread) and answer.mistake is Mistake.LANDLINE
    for spelling in plans.renewed(number.country_code, national, known=known):
        meant = _judged(_parsed(spelling, None), rule)
        if isinstance(meant, PhoneNumber):
            mistake = Mistake.LANDLINE if landline else Mistake.OLD_PLAN
            return Misread(
                mistake, meant.region, repaired=meant.e164, number=_international(number)
            )
    return None


def _understood(dialled: str, home_region: str | None) -> phonenumbers.PhoneNumber | Mistake:
    abroad = f"+{dialled.removeprefix('+').removeprefix('00')}"
    if dialled.startswith("+"):
        return _parsed(abroad, None)
    at_home = _parsed(dialled, home_region)
    if isinstance(at_home, phonenumbers.PhoneNumber) and phonenumbers.is_valid_number(at_home):
        return at_home
    # 00 means "abroad" in most countries, and people elsewhere write it too.
    return _parsed(abroad, None) if dialled.startswith("00") else at_home


def _parsed(dialled: str, region: str | None) -> phonenumbers.PhoneNumber | Mistake:
    try:
        number = phonenumbers.parse(dialled, region)
    except NumberParseException as error:
        return UNPARSED.get(error.error_type, Mistake.TOO_SHORT)
    # The library drops only one leading zero, and +44 00 7546 has two. Parse until it is stable.
    settled = _e164(number)
    return number if settled == dialled else _parsed(settled, None)


def _judged(number: phonenumbers.PhoneNumber | Mistake, rule: Rule) -> PhoneNumber | Misread:
    if isinstance(number, Mistake):
        return Misread(number)
    region, international = region_of_parsed(number), _international(number)
    match rule(number):
        case None:
            return PhoneNumber(_e164(number), region, international)
        case Mistake.TOO_SHORT:
            return Misread(Mistake.TOO_SHORT, region, _missing(number), number=international)
        case mistake:
            return Misread(mistake, region, number=international)


def _refusal(
    number: phonenumbers.PhoneNumber, *, allow_voip: bool, test_prefixes: tuple[str, ...]
) -> Mistake | None:
    possible = _wrong_length(number) is None
    if possible and _e164(number).startswith(test_prefixes):
        return None
    if not region_of_parsed(number):
        return Mistake.SATELLITE
    if not phonenumbers.is_valid_number(number):
        return _wrong_length(number, PhoneNumberType.MOBILE) or Mistake.NOT_A_NUMBER
    kind = phonenumbers.number_type(number)
    if kind in (TEXTABLE_BY_POLICY if allow_voip else TEXTABLE):
        return None
    return KINDS.get(kind, Mistake.SPECIAL_RATE)


def _wrong_length(
    number: phonenumbers.PhoneNumber, kind: int = PhoneNumberType.UNKNOWN
) -> Mistake | None:
    length = phonenumbers.is_possible_number_for_type_with_reason(number, kind)
    # is_possible_number() would also accept a number without its area code.
    if length == ValidationResult.IS_POSSIBLE:
        return None
    # If two lengths are possible, compare with the usual one.
    if length == ValidationResult.TOO_LONG or _short_of_usual(number) < 0:
        return Mistake.TOO_LONG
    return Mistake.TOO_SHORT


def _short_of_usual(number: phonenumbers.PhoneNumber) -> int:
    main = REGIONS[number.country_code][0]
    usual = phonenumbers.example_number_for_type(main, PhoneNumberType.MOBILE)
    return _digits(usual) - _digits(number) if usual else 0


def _missing(number: phonenumbers.PhoneNumber) -> int:
    short = _short_of_usual(number)
    longer = (
        phonenumbers.PhoneNumber(number.country_code, int("1" * length))
        for length in range(_digits(number), _digits(number) + short)
    )
    # If a shorter number is possible too, the number of missing digits is unknown.
    unsure = any(_wrong_length(other, PhoneNumberType.MOBILE) is None for other in longer)
    return 0 if unsure else short


def _digits(number: phonenumbers.PhoneNumber) -> int:
    return len(phonenumbers.national_significant_number(number))


def _guesses(
    dialled: str, number: phonenumbers.PhoneNumber | Mistake, home_region: str | None
) -> Iterator[tuple[Mistake | None, str]]:
    plus = dialled.startswith("+")
    other_reading = dialled.removeprefix("+") if plus else f"+{dialled}"
    if isinstance(number, Mistake):
        yield None, other_reading
        return
    code, without_zeros = f"+{number.country_code}", f"{number.national_number}"
    if f"+{without_zeros}".startswith(code):
        yield Mistake.COUNTRY_TWICE, f"+{without_zeros}"
    # Without a country code, a leading zero means a number written for another country.
    if dialled.startswith(("+", "00")):
        yield None, code + without_zeros
    # A + followed by the home country's own code is intended.
    if not plus or home_region not in REGIONS[number.country_code]:
        yield None, other_reading
