"""WB-01: a GET changes nothing, sends nothing and does not even write the session."""

import pytest

from accounts.models import User
from mfa.models import AccountPolicy, Pause
from tests.architecture.addresses import ADDRESSES
from tests.conftest import NOON
from tests.journeys.conftest import NEW_NUMBER
from tests.journeys.database import dump
from tests.portal_client import Browser, code


@pytest.fixture
def stranger(browser: Browser, alice: User) -> Browser:
    return browser


@pytest.fixture
def finishing(proving: Browser, policy: AccountPolicy) -> Browser:
    """Bob with a confirmed number, before "Finish"."""
    policy.after_enrollment = "finish"
    policy.save()
    proving.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    return proving


@pytest.fixture
def entering(asked: Browser, policy: AccountPolicy) -> Browser:
    """Alice after her password, when MFA has just been disabled."""
    policy.enabled = False
    policy.save()
    return asked


@pytest.fixture
def changing(home: Browser) -> Browser:
    """Alice while she changes her number."""
    home.post("/me/phone/", {"phone": NEW_NUMBER})
    return home


@pytest.fixture
def ruling(office: Browser, root: User, alice: User) -> Browser:
    """A superuser, with at least one row of each kind to look at."""
    Pause.objects.create(user=alice, reason="lost phone", started_at=NOON, until=NOON)
    office.post("/admin/mfa/accountpolicy/test-message/", {"phone": NEW_NUMBER})
    return office


def changes(browser: Browser, method: str, path: str) -> bool:
    before = dump()
    getattr(browser, method)(path)
    return dump() != before


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(
    "station",
    [
        "stranger",
        "asked",
        "enrolling",
        "proving",
        "finishing",
        "entering",
        "home",
        "changing",
        "ruling",
    ],
)
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
