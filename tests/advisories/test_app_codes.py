"""A code of an app is good once, however it is spelled (X13, allauth 65.20.1 and 65.22.0).

There the same code logged in again in another spelling, or once more inside the clock's tolerance.
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
# The first digit of each, and the nine behind it
ZEROS = {"full width": 0xFF10, "Arabic": 0x0660, "Devanagari": 0x0966}


def spellings(code: str) -> dict[str, str]:
    spelled = {name: spelling.format(*code) for name, spelling in SPELLINGS.items()}
    scripts = {name: "".join(chr(zero + int(c)) for c in code) for name, zero in ZEROS.items()}
    return spelled | scripts


@pytest.fixture
def app(clock: time_machine.Traveller, alice: User) -> User:
    """Alice with an app beside her phone, at a fixed noon."""
    give_app(alice)
    return alice


def logs_in(user: User, code: str) -> bool:
    browser = Browser()
    browser.password(user)
    browser.post(VERIFY, {"code": code})
    return browser.signed_in


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_no_spelling_of_a_used_code_logs_in_again(app: User, step: int) -> None:
    """X13: nor inside the tolerance of the clock."""
    code = shows(SECRET, later=step)
    assert logs_in(app, code)
    assert [name for name, typed in spellings(code).items() if logs_in(app, typed)] == []


def test_a_spelling_that_was_used_first_uses_up_the_others(app: User) -> None:
    code = shows(SECRET)
    assert logs_in(app, spellings(code)["a blank in the middle"])
    assert [name for name, typed in spellings(code).items() if logs_in(app, typed)] == []


def test_a_code_of_the_tolerance_uses_up_those_before_it(
    app: User, clock: time_machine.Traveller
) -> None:
    """X13: compared with the last step of any tolerance."""
    assert logs_in(app, shows(SECRET, later=1))
    assert [later for later in (-1, 0, 1) if logs_in(app, shows(SECRET, later=later))] == []
    clock.shift(timedelta(seconds=30))
    # What was the next step has come: its code is used already.
    assert [later for later in (-1, 0) if logs_in(app, shows(SECRET, later=later))] == []
    assert logs_in(app, shows(SECRET, later=1))


def test_a_used_code_confirms_nothing_and_resets_nothing(app: User, browser: Browser) -> None:
    """X13: the other purposes ask the same app."""
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
