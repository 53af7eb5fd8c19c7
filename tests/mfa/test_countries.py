"""Countries in words."""

from mfa import countries
from mfa.rules.contacts import EVERYWHERE, MAIN_REGIONS


def test_every_region_has_a_name_of_its_own() -> None:
    names = {str(name) for name in countries.NAMES.values()}
    assert set(countries.NAMES) == EVERYWHERE
    assert len(names) == len(EVERYWHERE)


def test_a_choice_names_what_comes_with_it() -> None:
    choices = dict(countries.choices())
    assert choices["GB"] == "United Kingdom (with Guernsey, Isle of Man, Jersey)"
    assert choices["US"] == "United States"
    assert set(choices) == set(MAIN_REGIONS)


def test_choices_stand_by_their_names() -> None:
    """Also those with an accent."""
    names = [name for _, name in countries.choices()]
    assert names[0] == "Afghanistan"
    assert names[-1] == "Zimbabwe"
    assert names.index("Réunion (with Mayotte)") < names.index("Romania")


def test_a_region_without_a_name_shows_its_letters() -> None:
    assert countries.name_of("ZZ") == "ZZ"


def test_several_are_one_line() -> None:
    assert countries.words(["GB", "FR"]) == "France, United Kingdom"
