"""SS-03, S23: the time left of a login, for the dialog that offers to stay."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from mfa import pauses
from mfa.models import Session, SitePolicy
from tests.portal_client import Browser

pytestmark = pytest.mark.usefixtures("clock")

LEFT, STAY = "/me/session/", "/me/session/stay/"
IDLE, STAFF_IDLE = 30 * 60, 15 * 60


def left(browser: Browser) -> int:
    return browser.get(LEFT).json()["left"]


def wait(clock: time_machine.Traveller, **long: float) -> None:
    clock.shift(timedelta(**long))


def shown(browser: Browser, path: str = "/me/") -> str:
    """Return what a page's dialog starts with."""
    page = browser.get(path).content.decode()
    return page.partition('data-stay="')[2].partition('"')[0]


def test_asking_for_the_time_left_never_extends_it(
    home: Browser, clock: time_machine.Traveller
) -> None:
    assert left(home) == IDLE
    for minute in range(1, 30):
        wait(clock, minutes=1)
        assert left(home) == IDLE - 60 * minute
    wait(clock, minutes=1)
    assert left(home) == 0
    assert home.get("/me/").status_code == 302


def test_stay_extends_as_often_as_a_person_presses(
    home: Browser, clock: time_machine.Traveller
) -> None:
    """WCAG 2.2, 2.2.1: at least ten times."""
    for _ in range(12):
        wait(clock, minutes=28)
        assert left(home) == 120
        assert home.post(STAY).json()["left"] == IDLE
    assert left(home) == IDLE
    assert home.get("/me/").status_code == 200


def test_stay_restores_full_idle_time_within_a_minute(
    home: Browser, clock: time_machine.Traveller
) -> None:
    wait(clock, seconds=50)
    assert home.post(STAY).json()["left"] == IDLE
    assert left(home) == IDLE


def test_activity_in_another_tab_postpones_the_end(
    home: Browser, clock: time_machine.Traveller
) -> None:
    wait(clock, minutes=28)
    home.get("/me/activity/")
    assert left(home) == IDLE


def test_stay_never_extends_beyond_the_longest_life(
    home: Browser, clock: time_machine.Traveller
) -> None:
    """SS-03: and says so."""
    for _ in range(25):
        wait(clock, minutes=28)
        home.post(STAY)
    wait(clock, minutes=19)
    answer = home.post(STAY).json()
    assert (answer["left"], answer["final"]) == (60, True)
    assert "You can stay logged in for at most 12 hours." in answer["words"]
    assert "You'll be logged out in about 1 minute." in answer["words"]
    wait(clock, minutes=1)
    assert home.post(STAY).status_code == 302
    assert left(home) == 0


def test_ended_session_does_not_come_back(home: Browser, clock: time_machine.Traveller) -> None:
    wait(clock, minutes=30)
    assert home.post(STAY).url.startswith("/login/?notice=unsent")
    assert left(home) == 0
    assert home.get("/me/").status_code == 302


def test_stay_extends_only_the_own_session(
    home: Browser, other_browser: Browser, charlie: User, clock: time_machine.Traveller
) -> None:
    other_browser.log_in(charlie)
    wait(clock, minutes=20)
    other_browser.post(STAY)
    assert left(home) == 10 * 60
    assert left(other_browser) == IDLE


def test_stay_needs_the_forms_token(home: Browser, clock: time_machine.Traveller) -> None:
    """WB-01: another site cannot keep an unattended session open."""
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = home.cookies
    wait(clock, minutes=20)
    assert strict.post(STAY).status_code == 403
    assert left(home) == 10 * 60
    assert home.get(STAY).status_code == 405


@pytest.mark.parametrize("station", ["stranger", "asked"])
def test_pending_login_has_nothing_to_extend(
    request: pytest.FixtureRequest, db: None, station: str
) -> None:
    """LG-05: the fifteen minutes of a pending login stay fifteen."""
    browser = request.getfixturevalue(station)
    before = list(Session.objects.values("expire_date", "seen_at"))
    assert left(browser) == 0
    assert browser.post(STAY).status_code == 302
    assert list(Session.objects.values("expire_date", "seen_at")) == before


def test_staff_have_fifteen_minutes(office: Browser, clock: time_machine.Traveller) -> None:
    """AZ-03."""
    assert left(office) == STAFF_IDLE
    wait(clock, minutes=14)
    assert office.post(STAY).json()["left"] == STAFF_IDLE


def test_shorter_policy_binds_the_sessions_of_staff(
    office: Browser, clock: time_machine.Traveller
) -> None:
    """SS-10: neither the page nor the button promises more than the next request allows."""
    SitePolicy.objects.update(session_idle_minutes=5)
    assert left(office) == 5 * 60
    wait(clock, minutes=6)
    assert left(office) == 0
    assert office.post(STAY).status_code == 302
    assert office.get("/admin/").status_code == 302


def test_session_of_a_pause_ends_with_it(
    browser: Browser, alice: User, root: User, clock: time_machine.Traveller
) -> None:
    pauses.start(alice, reason="lost phone", hours=1, by=root)
    browser.password(alice)
    for _ in range(2):
        wait(clock, minutes=28)
        browser.post(STAY)
    answer = browser.get(LEFT).json()
    assert (answer["left"], answer["final"]) == (240, True)
    assert "The pause of your two-step verification is about to end." in answer["words"]


def test_page_starts_with_minimum_time_left(home: Browser, clock: time_machine.Traveller) -> None:
    assert shown(home) == str(IDLE)
    wait(clock, seconds=59)
    assert shown(home) == str(IDLE - 59)
    wait(clock, minutes=28)
    assert shown(home) == "61"
    assert shown(home) == str(IDLE)


def test_page_leads_back_after_the_end(home: Browser) -> None:
    """WB-03: as a login after the end does without a script."""
    page = home.get("/me/activity/?page=2").content.decode()
    assert 'href="/login/?notice=ended&amp;next=/me/activity/%3Fpage%3D2"' in page


@pytest.mark.parametrize("path", ["/admin/", "/admin/mfa/accountpolicy/1/change/", "/support/"])
def test_pages_of_staff_offer_to_stay(office: Browser, path: str) -> None:
    assert shown(office, path) == str(STAFF_IDLE)


@pytest.mark.parametrize("path", ["/login/", "/login/help/", "/password/forgot/"])
def test_pages_before_login_have_no_dialog(browser: Browser, alice: User, path: str) -> None:
    assert "data-stay" not in browser.get(path).content.decode()


def test_person_with_expired_password_can_stay(
    expired: Browser, clock: time_machine.Traveller
) -> None:
    wait(clock, minutes=28)
    assert expired.post(STAY).json()["left"] == IDLE


def test_session_row_and_page_have_same_end(home: Browser) -> None:
    home.post(STAY)
    row = Session.objects.get()
    assert row.expire_date - timezone.now() == timedelta(seconds=IDLE)
