"""Each address, seen from its station: a page for people, a POST, or an answer for programs."""

import pytest
from django.contrib import admin

from tests.architecture.addresses import ADMIN, PORTAL
from tests.journeys.markup import faults
from tests.portal_client import Browser
from tests.stations import PAGES, PLAIN, POSTS, STATIONS

ADDRESSES = {address.name: address for address in PORTAL}


@pytest.mark.parametrize(("name", "station"), PAGES.items())
def test_a_page_is_seen_from_its_station(
    request: pytest.FixtureRequest, name: str, station: str
) -> None:
    browser = request.getfixturevalue(station)
    page = browser.get(ADDRESSES[name].path)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.content.decode().count("<h1") == 1
    assert faults(page.content.decode()) == []


@pytest.mark.parametrize("station", STATIONS)
def test_what_takes_a_post_shows_no_page(request: pytest.FixtureRequest, station: str) -> None:
    browser = request.getfixturevalue(station)
    answers = {name: browser.get(ADDRESSES[name].path).status_code for name in POSTS}
    assert {name: status for name, status in answers.items() if status not in {302, 405}} == {}


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_what_is_for_programs_is_no_page(changing: Browser, name: str) -> None:
    assert not changing.get(ADDRESSES[name].path)["Content-Type"].startswith("text/html")


def test_the_ruling_station_is_refused_only_what_nobody_may(ruling: Browser) -> None:
    """A page that refuses the walks is not looked at."""
    refused = {each.name for each in ADMIN if ruling.get(each.path).status_code == 403}
    records = {name for name in refused if name.endswith(("_add", "_delete"))}
    assert refused == records
    assert ruling.get("/admin/autocomplete/").status_code == 400


def test_pages_of_the_administration_have_valid_times_and_names(ruling: Browser) -> None:
    pages = {each.name: ruling.get(each.path) for each in ADMIN}
    found = {name: faults(page.content.decode(), ours=False) for name, page in pages.items()}
    assert {name: said for name, said in found.items() if said} == {}


def test_the_ruling_station_has_a_row_of_each_kind(ruling: Browser) -> None:
    """The walks of the administration look at real rows."""
    models = admin.site._registry
    assert [model.__name__ for model in models if not model.objects.exists()] == []
