"""Every page from its station, at two widths and in both themes, under the CSP."""

import pytest

from tests.architecture.addresses import PORTAL
from tests.browser.conftest import Visit
from tests.browser.inspection import problems_of
from tests.stations import PAGES

pytestmark = pytest.mark.browser

ADDRESSES = {address.name: address for address in PORTAL}
# What a query adds to a page, by the station that sees it
NOTICES = {
    "/login/?notice=confirmed": "stranger",
    "/login/?notice=ended": "stranger",
    "/login/?notice=reset": "stranger",
    "/login/?notice=email": "stranger",
    "/login/help/": "stranger",
    "/password/forgot/?notice=sent": "stranger",
    "/password/forgot/?notice=ended": "stranger",
    "/me/?saved=phone": "home",
    "/me/?saved=password": "home",
    "/me/?saved=email": "home",
    "/me/?saved=link": "moving",
}


@pytest.mark.parametrize("station", sorted(set(PAGES.values())))
def test_the_pages_of_a_station(request: pytest.FixtureRequest, visit: Visit, station: str) -> None:
    visitor = visit().take_over(request.getfixturevalue(station))
    problems, titles = {}, []
    for name in (name for name, seen_from in PAGES.items() if seen_from == station):
        visitor.open(ADDRESSES[name].path)
        problems[name] = problems_of(visitor.page)
        titles.append(visitor.page.title())
    assert problems == {name: [] for name in problems}
    # 2.4.2
    assert len(set(titles)) == len(titles)
    assert all(title.endswith(" - Acme Portal") for title in titles)


@pytest.mark.parametrize(("path", "station"), NOTICES.items())
def test_a_page_with_a_notice(
    request: pytest.FixtureRequest, visit: Visit, path: str, station: str
) -> None:
    visitor = visit().take_over(request.getfixturevalue(station))
    visitor.open(path)
    assert problems_of(visitor.page) == []
