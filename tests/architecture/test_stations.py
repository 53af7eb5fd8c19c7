"""No address is forgotten by the walks: each has a station, or says what it is."""

from tests import stations
from tests.architecture.addresses import ADDRESSES, PORTAL
from tests.stations import CUT, EXEMPT, LEADS, PAGES, PLAIN, POSTS, PUBLIC, STATIONS


def test_every_address_is_a_page_a_post_or_for_programs() -> None:
    """A new one fails here: give it a line in tests/stations.py."""
    names = sorted([*PAGES, *POSTS, *PLAIN, *CUT, *LEADS])
    assert names == sorted(address.name for address in PORTAL)


def test_every_station_is_a_fixture_that_the_walks_visit() -> None:
    assert set(PAGES.values()) <= set(STATIONS)
    assert [name for name in STATIONS if not hasattr(stations, name)] == []


def test_only_what_is_the_same_for_everybody_may_be_cached() -> None:
    assert {address.name for address in ADDRESSES} >= PUBLIC


def test_what_needs_no_token_is_listed_with_its_reason() -> None:
    """WB-01."""
    exempt = {each.name for each in ADDRESSES if getattr(each.view, "csrf_exempt", False)}
    assert exempt == set(EXEMPT)
    assert all(EXEMPT.values())
