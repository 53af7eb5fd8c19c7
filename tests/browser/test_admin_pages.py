"""Every admin page with real rows: axe's rules and the CSP apply there too."""

from itertools import groupby

import pytest
from django.apps import apps

from tests.architecture.addresses import ADMIN, Address
from tests.browser.conftest import Visit
from tests.browser.inspection import problems_of
from tests.portal_client import Browser

pytestmark = pytest.mark.browser


def part(address: Address) -> str:
    """Return the app and model of a URL, "admin" for others."""
    pieces = address.route.split("/")
    belongs = pieces[1] in apps.app_configs and len(pieces) > 3
    return "/".join(pieces[1:3]) if belongs else "admin"


PARTS = {name: list(addresses) for name, addresses in groupby(sorted(ADMIN, key=part), key=part)}


def shown(browser: Browser, addresses: list[Address]) -> list[str]:
    """The paths that show a page. The others redirect or refuse."""
    answers = {address.path: browser.get(address.path) for address in addresses}
    return [
        path
        for path, answer in answers.items()
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    ]


@pytest.mark.parametrize("name", PARTS)
def test_admin_pages_have_no_faults(visit: Visit, ruling: Browser, name: str) -> None:
    paths = shown(ruling, PARTS[name])
    assert paths
    visitor = visit().take_over(ruling)
    problems = {}
    for path in paths:
        visitor.open(path)
        problems[path] = problems_of(visitor.page, own=False)
    assert problems == {path: [] for path in paths}
