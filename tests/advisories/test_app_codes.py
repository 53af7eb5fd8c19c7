"""A code of an app works once, however it is typed (X13, allauth 65.20.1 and 65.22.0).

There the same code logged in again in another format, or again within the clock tolerance.
"""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from tests.authenticator import SECRET, give_app, shows
from tests.portal_client import Browser
from tests.stations import mailed_link

VERIFY = "/login/verify/"
SPELLINGS = {
    "as it is": "{}{}{}{}{}{}",
    "a blank in the middle": "{}{}{} {}{}{}",
    "blanks around": "  {}{}{}{}{}{}\t",
    "dashes": "{}{}-{}{}-{}{}",
    "a no-break space": "{}{}{}\u00a0{}{}{}",
    "an invisible mark": "\u200e{}{}{}\u2060{}{}{}\u200b",
    "a long dash": "{}{}{}\u2013{}{}{}",
}
# The first digit of each script, and the nine after it
ZEROS = {"full width": 0xFF10, "Arabic": 0x0660, "Devanagari": 0x0966}


def spellings(code: str) -> dict[str, str]:
    spelled = {name: spelling.format(*code) for name, spelling in SPELLINGS.items()}
    scripts = {name: "".join(chr(zero + int(c)) for c in code) for name, zero in ZEROS.items()}
    return spelled | scripts


@pytest.fixture
def app(clock: time_machine.Traveller, alice: User) -> User:
    """Alice with an app and a phone, at a fixed noon."""
    give_app(alice)
    return alice


def logs_in(user: User, code: str) -> bool:
    browser = Browser()
    browser.password(user)
    browser.post(VERIFY, {"code": code})
    return browser.signed_in


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_used_code_does_not_log_in_again_in_any_format(app: User, step: int) -> None:
    """X13: nor within the clock tolerance."""
    code = shows(SECRET, later=step)
    assert logs_in(app, code)
    assert [name for name, typed in spellings(code).items() if logs_in(app, typed)] == []


def test_one_format_of_a_code_uses_up_all_others(app: User) -> None:
    code = shows(SECRET)
    assert logs_in(app, spellings(code)["a blank in the middle"])
    assert [name for name, typed in spellings(code).items() if logs_in(app, typed)] == []


def test_code_within_tolerance_uses_up_earlier_ones(
    app: User, clock: time_machine.Traveller
) -> None:
    """X13: compared with the last step of the whole tolerance."""
    assert logs_in(app, shows(SECRET, later=1))
    assert [later for later in (-1, 0, 1) if logs_in(app, shows(SECRET, later=later))] == []
    clock.shift(timedelta(seconds=30))
    # The next step has begun, but its code is used already.
    assert [later for later in (-1, 0) if logs_in(app, shows(SECRET, later=later))] == []
    assert logs_in(app, shows(SECRET, later=1))


def test_used_code_does_not_work_for_step_up_or_reset(app: User, browser: Browser) -> None:
    """X13: the other purposes use the same app."""
    code = shows(SECRET)
    browser.password(app)
    browser.post(VERIFY, {"code": code})
    browser.post("/password/forgot/", {"email": app.email})
    browser.post("/me/confirm/", {"next": "/me/email/"})
    browser.post(VERIFY, {"code": code})
    assert browser.get("/me/email/").status_code == 200, "the login itself is a fresh proof"
    other = Browser()
    uid, token = mailed_link()
    other.post(f"/password/reset/{uid}/{token}/")
    other.post(VERIFY, {"code": code})
    assert other.get("/password/new/").url == "/password/forgot/?notice=ended"
    assert app.audit_events.filter(event="stepped_up").count() == 0
