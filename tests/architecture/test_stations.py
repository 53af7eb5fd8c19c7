"""Each URL has a station for the journeys, or is listed with a reason."""

from tests import stations
from tests.access import MATRIX
from tests.architecture.addresses import ADDRESSES, PORTAL
from tests.stations import CUT, EXEMPT, FILES, LEADS, PAGES, PLAIN, POSTS, PUBLIC, STATIONS


def test_every_url_is_a_page_a_post_or_for_programs() -> None:
    """A new URL needs a line in tests/stations.py."""
    names = sorted([*PAGES, *POSTS, *PLAIN, *CUT, *LEADS, *FILES])
    assert names == sorted(address.name for address in PORTAL)


def test_every_station_is_a_visited_fixture() -> None:
    assert set(PAGES.values()) <= set(STATIONS)
    assert [name for name in STATIONS if not hasattr(stations, name)] == []


def test_only_pages_without_personal_data_are_cacheable() -> None:
    assert {address.name for address in ADDRESSES} >= PUBLIC


def test_csrf_exempt_urls_are_listed_with_reason() -> None:
    """WB-01."""
    exempt = {each.name for each in ADDRESSES if getattr(each.view, "csrf_exempt", False)}
    assert exempt == set(EXEMPT)
    assert all(EXEMPT.values())


def test_every_url_is_in_the_access_matrix() -> None:
    """A new URL needs a place in tests/access.py (AZ-01)."""
    assert {address.name or address.route for address in ADDRESSES} == MATRIX.keys()
