"""WB-01: a GET changes nothing, sends nothing and does not even write the session."""

import pytest

from accounts.models import User
from tests.architecture.addresses import ADDRESSES
from tests.journeys.database import dump
from tests.portal_client import Browser
from tests.stations import STATIONS


def changed(before: dict[str, object], after: dict[str, object]) -> set[str]:
    """The tables that are not as they were."""
    return {table for table in after if after[table] != before[table]}


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("station", STATIONS)
def test_looking_leaves_every_table_as_it_was(
    request: pytest.FixtureRequest, station: str, method: str
) -> None:
    browser = request.getfixturevalue(station)
    before = dump()
    for each in ADDRESSES:
        getattr(browser, method)(each.path)
    assert changed(before, dump()) == set()


def test_the_look_at_the_tables_sees_a_changed_session(browser: Browser, alice: User) -> None:
    """The test above can fail: a POST shows up."""
    browser.get("/login/")
    before = dump()
    browser.password(alice)
    seen = changed(before, dump())
    assert {"mfa_session", "mfa_challenge", "mfa_outboxmessage"} <= seen
