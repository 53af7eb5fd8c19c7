"""Countries in words."""

import subprocess
import sys

import pytest
from django.conf import global_settings
from django.utils.translation import override

from mfa import countries
from mfa.rules.regions import EVERYWHERE, MAIN_REGIONS


@pytest.mark.parametrize("language", ["en", "de", "pt-br", "zh-hans", "ar"])
def test_every_region_has_its_own_name(language: str) -> None:
    with override(language):
        names = {countries.name_of(region) for region in EVERYWHERE}
    assert len(names - EVERYWHERE) == len(EVERYWHERE)


def test_country_is_named_in_language_of_its_reader() -> None:
    names = {}
    for language in ("en", "en-gb", "de", "pt-br", "zh-hant", "udm", None):
        with override(language):
            names[language] = countries.name_of("DE")
    assert names == {
        "en": "Germany",
        "en-gb": "Germany",
        "de": "Deutschland",
        "pt-br": "Alemanha",
        "zh-hant": "德國",
        "udm": "Germany",
        None: "Germany",
    }


def test_every_language_of_django_lists_every_country() -> None:
    """Some have no names of their own, or not all."""
    listed = {}
    for language, _ in global_settings.LANGUAGES:
        with override(language):
            listed[language] = {main for main, name in countries.choices() if name}
    assert [code for code, mains in listed.items() if mains != set(MAIN_REGIONS)] == []


def test_choice_lists_its_group() -> None:
    choices = dict(countries.choices())
    assert choices["GB"] == "United Kingdom (with Guernsey, Isle of Man, Jersey)"
    assert choices["US"] == "United States"


@pytest.mark.parametrize(
    ("language", "first", "last", "one", "other"),
    [
        ("en", "Afghanistan", "Zimbabwe", "Réunion (with Mayotte)", "Romania"),
        ("en", "Afghanistan", "Zimbabwe", "Afghanistan", "Albania"),
        ("de", "Afghanistan", "Zypern", "Ägypten", "Albanien"),
        ("fr", "Afghanistan", "Zimbabwe", "Égypte", "Espagne"),
    ],
)
def test_choices_are_sorted_by_name(
    language: str, first: str, last: str, one: str, other: str
) -> None:
    """Accents do not change the order."""
    with override(language):
        names = [name for _, name in countries.choices()]
    assert (names[0], names[-1]) == (first, last)
    assert names.index(one) < names.index(other)


@pytest.mark.parametrize("region", ["ZZ", "001", "EU", ""])
def test_unknown_country_shows_its_code(region: str) -> None:
    assert countries.name_of(region) == region


def test_several_matches_are_joined_on_one_line() -> None:
    assert countries.words(["GB", "FR", "AX"]) == "Åland Islands, France, United Kingdom"


def test_names_are_loaded_at_first_use() -> None:
    """They take 5 MB, and importing Babel takes 3 to 30 ms."""
    asks = "import sys, mfa.countries; print('babel' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", asks], capture_output=True, check=True, text=True)
    assert shown.stdout == "False\n"
