"""Names of countries for the regions of phone numbers. A group has the name of its main country."""

from collections.abc import Iterable, Mapping
from functools import cache
from unicodedata import combining, normalize

from django.utils.translation import get_language, gettext, to_locale

from mfa.rules import regions

# What people write instead of the name or the two letters
SPELLINGS = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "usa": "US",
    "united states of america": "US",
    "america": "US",
    "holland": "NL",
    "czech republic": "CZ",
    "turkey": "TR",
    "uae": "AE",
    "ivory coast": "CI",
    "republic of ireland": "IE",
    "korea": "KR",
}


def name_of(region: str) -> str:
    """Return the country's name in the reader's language, or an unknown region unchanged."""
    if region not in regions.EVERYWHERE:
        return region
    return _names(get_language() or "en").get(region) or _names("en")[region]


def choices() -> list[tuple[str, str]]:
    """List the countries that a policy can contain, sorted in the reader's language."""
    named = ((main, _with_its_others(main)) for main in regions.MAIN_REGIONS)
    return sorted(named, key=lambda choice: _place(choice[1]))


def words(some: Iterable[str]) -> str:
    """List a policy's countries in one line."""
    return ", ".join(sorted(map(name_of, some), key=_place))


def all_names() -> list[tuple[str, str]]:
    """List every country of the world by its name in the reader's language."""
    named = ((region, name_of(region)) for region in regions.EVERYWHERE)
    return sorted(named, key=lambda choice: _place(choice[1]))


def find(typed: str) -> str | None:
    """Return the country with these two letters, this name or this common spelling."""
    if regions.is_region(typed.strip().upper()):
        return typed.strip().upper()
    return _by_name(get_language() or "en").get(_letters(typed))


@cache
def _by_name(language: str) -> dict[str, str]:
    named = {
        _letters(_names(spoken)[region]): region
        for spoken in ("en", language)
        for region in regions.EVERYWHERE
        if region in _names(spoken)
    }
    return SPELLINGS | named


@cache
def _names(language: str) -> Mapping[str, str]:
    """Load Babel and a language's names at first use, because few processes need them."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(to_locale(language)).territories
    except UnknownLocaleError:
        return {}


def _place(name: str) -> tuple[str, str]:
    """Sort by the letters without their accents: Åland before Albania, Réunion before Romania."""
    return _letters(name), name


def _letters(name: str) -> str:
    letters = normalize("NFKD", " ".join(name.casefold().split()))
    return "".join(letter for letter in letters if not combining(letter))


def _with_its_others(main: str) -> str:
    others = regions.group(main) - {main}
    if not others:
        return name_of(main)
    return gettext("%(main)s (with %(others)s)") % {"main": name_of(main), "others": words(others)}
