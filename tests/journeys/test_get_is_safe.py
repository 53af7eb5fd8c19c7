"""WB-01: a GET changes nothing, sends nothing and does not even write the session."""

import pytest

from accounts.models import User
from mfa.models import AccountPolicy, Pause
from tests.architecture.addresses import ADDRESSES, Address
from tests.conftest import NOON
from tests.journeys.conftest import NEW_NUMBER
from tests.journeys.database import dump
from tests.portal_client import Browser, code

METHODS = pytest.mark.parametrize("method", ["get", "head"])
EVERYWHERE = pytest.mark.parametrize("address", ADDRESSES, ids=str)


@pytest.fixture
def finishing(proving: Browser, policy: AccountPolicy) -> Browser:
    """Bob with a confirmed number, before "Finish"."""
    policy.after_enrollment = "finish"
    policy.save()
    proving.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    return proving


@METHODS
@EVERYWHERE
def test_of_a_stranger(browser: Browser, alice: User, address: Address, method: str) -> None:
    before = dump()
    getattr(browser, method)(address.path)
    assert dump() == before


@METHODS
@EVERYWHERE
@pytest.mark.parametrize("station", ["asked", "enrolling", "proving", "finishing"])
def test_of_a_half_signed_in_person(
    request: pytest.FixtureRequest, station: str, address: Address, method: str
) -> None:
    browser = request.getfixturevalue(station)
    before = dump()
    getattr(browser, method)(address.path)
    assert dump() == before


@METHODS
@EVERYWHERE
def test_of_a_logged_in_person(home: Browser, address: Address, method: str) -> None:
    before = dump()
    getattr(home, method)(address.path)
    assert dump() == before


@METHODS
@EVERYWHERE
def test_of_a_superuser(
    office: Browser, root: User, alice: User, address: Address, method: str
) -> None:
    Pause.objects.create(user=alice, reason="lost phone", started_at=NOON, until=NOON)
    before = dump()
    getattr(office, method)(address.path)
    assert dump() == before
