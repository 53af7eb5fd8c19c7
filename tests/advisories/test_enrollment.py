"""A required enrollment stays required, and nobody can enroll for another person."""

import re

import pytest

from accounts.models import User
from tests.advisories.trial import BODIES, bound, newest_code, proven, undone
from tests.architecture.addresses import PORTAL
from tests.authenticator import shows, typed_in
from tests.portal_client import Browser
from tests.stations import PHONE

FIRST_APP, MORE_APPS = "/login/enroll/app/", "/me/security/app/"
# The pages where something is required before the login or before other pages
DEMANDED = {
    "enrolling": PHONE,
    "proving": PHONE,
    "recovered": PHONE,
    "without_way_out": "/login/enroll/done/",
    "expired": "/me/password/renew/",
}
# All except the button for recovery codes, which one of them requires
ANYTHING = {
    name: value for name, value in BODIES["fields of other steps"].items() if name != "make"
}
# A POST that looks like a page refresh
REFRESH = {
    "X-Requested-With": "XMLHttpRequest",
    "Cache-Control": "max-age=0",
    "Purpose": "prefetch",
}


@pytest.fixture
def recovered(answering_mailbox: Browser) -> Browser:
    """Alice after the emailed code, who has to enroll a new phone."""
    answering_mailbox.post("/login/mailbox/", {"code": newest_code()})
    return answering_mailbox


@pytest.fixture
def without_way_out(browser: Browser, root: User) -> Browser:
    """A superuser after the texted code, who has to save recovery codes."""
    root.factors.filter(kind="recovery_codes").delete()
    browser.log_in(root)
    return browser


def led_to(browser: Browser) -> str:
    """Where a person is redirected from the code page, and from the home page after the login."""
    return browser.get("/" if browser.signed_in else "/login/verify/").headers.get("Location", "")


@pytest.mark.parametrize(("station", "demand"), DEMANDED.items())
def test_no_post_removes_a_requirement(
    request: pytest.FixtureRequest, alice: User, station: str, demand: str
) -> None:
    """X3, Keycloak CVE-2026-133221: a POST like a refresh skipped a required action."""
    browser = request.getfixturevalue(station)
    before, kept = proven(browser), bound()
    assert led_to(browser) == demand
    found = {}
    for each in PORTAL:
        with undone(browser) as twin:
            twin.post(each.path, ANYTHING, headers=REFRESH)
            twin.post(each.path, headers=REFRESH)
            over = led_to(twin) not in {demand, "/login/"}
            found[str(each)] = [over, *(proven(twin) - before), *(bound() - kept)]
    assert {what: gain for what, gain in found.items() if gain != [False]} == {}


def new_secret(browser: Browser, path: str) -> bytes:
    page = browser.post(path).content.decode()
    return typed_in(re.search(r"data-secret>([A-Z2-7 ]+)<", page)[1])


def test_wrong_codes_for_first_app_cause_lockout(enrolling: Browser, bob: User) -> None:
    """X15, allauth 65.19.2: the first code of an app had unlimited attempts."""
    secret = new_secret(enrolling, FIRST_APP)
    answers = [enrolling.post(FIRST_APP, {"code": shows(b"x" * 20)}) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [302] * 6
    enrolling.post(FIRST_APP, {"code": shows(secret)})
    assert led_to(enrolling) == "/login/help/"
    assert not bob.factors.exists()


def test_wrong_codes_for_additional_app_cause_lockout(home: Browser, alice: User) -> None:
    """X15: the same when adding one more app, for the browser that typed them."""
    secret = new_secret(home, MORE_APPS)
    answers = [home.post(MORE_APPS, {"code": shows(b"x" * 20)}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert home.post(MORE_APPS, {"code": shows(secret)}).status_code == 429
    assert not alice.factors.filter(kind="app").exists()


def test_other_session_gets_no_extra_attempts_for_new_app(
    enrolling: Browser, other_browser: Browser, bob: User
) -> None:
    """X15: nor does a new secret."""
    new_secret(enrolling, FIRST_APP)
    for _ in range(4):
        enrolling.post(FIRST_APP, {"code": shows(b"x" * 20)})
    other_browser.password(bob)
    new_secret(other_browser, FIRST_APP)
    assert other_browser.post(FIRST_APP, {"code": shows(b"x" * 20)}).url == "/login/help/"
