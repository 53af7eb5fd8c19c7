"""WB-01: a GET changes nothing, sends nothing and does not even write the session."""

import pytest

from accounts.models import User
from tests.architecture.addresses import ADDRESSES
from tests.journeys.database import dump
from tests.portal_client import Browser
from tests.stations import STATIONS


def changes(browser: Browser, method: str, path: str) -> bool:
    before = dump()
    getattr(browser, method)(path)
    return dump() != before


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("station", STATIONS)
def test_looking_leaves_every_table_as_it_was(
    request: pytest.FixtureRequest, station: str, method: str
) -> None:
    browser = request.getfixturevalue(station)
    assert [str(each) for each in ADDRESSES if changes(browser, method, each.path)] == []


def test_the_look_at_the_tables_sees_a_changed_session(browser: Browser, alice: User) -> None:
    """The test above can fail: a POST shows up."""
    browser.get("/login/")
    before = dump()
    browser.password(alice)
    after = dump()
    assert {"mfa_session", "mfa_challenge", "mfa_outboxmessage"} <= {
        table for table in after if after[table] != before[table]
    }
