"""Which countries numbers belong to."""

import pytest

from mfa.rules.regions import EVERYWHERE, MAIN_REGIONS, group, is_region, region_of


@pytest.mark.parametrize(
    ("name", "known"),
    [("GB", True), ("US", True), ("gb", False), ("UK", False), ("001", False), ("", False)],
)
def test_region_is_country_in_iso_letters(name, known):
    assert is_region(name) is known


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("GB", {"GB", "GG", "IM", "JE"}),
        ("JE", {"GB", "GG", "IM", "JE"}),
        ("FR", {"FR"}),
        ("NO", {"NO", "SJ"}),
        ("US", {"US"}),
        ("JM", {"JM"}),
        ("RU", {"RU"}),
        ("KZ", {"KZ"}),
    ],
)
def test_country_includes_its_calling_code_except_in_north_america(region, expected):
    assert group(region) == expected


def test_main_regions_cover_every_region_once():
    groups = [group(main) for main in MAIN_REGIONS]
    assert frozenset().union(*groups) == EVERYWHERE
    assert sum(map(len, groups)) == len(EVERYWHERE) == 245


def test_main_regions_are_in_alphabetical_order():
    assert list(MAIN_REGIONS) == sorted(MAIN_REGIONS)
    assert {"GB", "US", "JM", "RU", "KZ"} <= set(MAIN_REGIONS)
    assert not {"GG", "IM", "JE", "SJ", "001"} & set(MAIN_REGIONS)


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+447546123456", "GB"),
        ("+447911123456", "GG"),
        ("+447700900123", "GB"),  # no such range: the main country of the code
        ("+12025550123", "US"),
        ("+18765551234", "JM"),
        ("+77012345678", "KZ"),
        ("+881612345678", ""),
        ("+979123456789", ""),
    ],
)
def test_number_has_its_own_region_not_that_of_its_calling_code(number, region):
    assert region_of(number) == region
