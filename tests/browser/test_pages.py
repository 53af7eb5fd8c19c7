"""Every page of every station, at two widths and in both themes, under the CSP."""

import pytest

from tests.architecture.addresses import PORTAL
from tests.browser.conftest import Visit
from tests.browser.inspection import problems_of
from tests.stations import PAGES

pytestmark = pytest.mark.browser

ADDRESSES = {address.name: address for address in PORTAL}
# Queries that add something to a page, by station
NOTICES = {
    "stranger": (
        "/login/?notice=confirmed",
        "/login/?notice=app",
        "/login/?notice=ended",
        "/login/?notice=unsent",
        "/login/?notice=reset",
        "/login/?notice=set",
        "/login/?notice=email",
        "/login/help/",
        "/password/forgot/sent/",
        "/password/forgot/?notice=ended",
    ),
    "home": (
        "/me/?saved=details",
        "/me/?saved=phone",
        "/me/?saved=password",
        "/me/?saved=email",
        "/me/?saved=app",
        "/me/confirm/?notice=unsaved",
        "/me/confirm/?notice=kept",
        "/me/confirm/?notice=again",
        "/me/security/?done=ended",
        "/me/security/?done=others",
        "/me/security/?done=removed",
    ),
    "moving": ("/me/?saved=link",),
    "without_phone": ("/login/help/",),
    "ruling": ("/", "/support/?q=alice", "/support/?q=nobody", "/support/?q=a"),
}


@pytest.mark.parametrize("station", sorted(set(PAGES.values())))
def test_pages_have_no_faults(request: pytest.FixtureRequest, visit: Visit, station: str) -> None:
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


@pytest.mark.parametrize("station", NOTICES)
def test_pages_with_notices_have_no_faults(
    request: pytest.FixtureRequest, visit: Visit, station: str
) -> None:
    visitor = visit().take_over(request.getfixturevalue(station))
    problems = {}
    for path in NOTICES[station]:
        visitor.open(path)
        problems[path] = problems_of(visitor.page)
    assert problems == {path: [] for path in NOTICES[station]}
