"""OT-09: codes and numbers from Arabic, Persian, Indian and Japanese keyboards."""

from collections.abc import Callable

import pytest

from accounts.models import User
from mfa.audit import case_of
from mfa.models import AuditEvent, Event, Pause, SitePolicy
from mfa.rules.base32 import reference_to
from tests.authenticator import SECRET, give_app, shows
from tests.conftest import give_codes
from tests.mfa.admin.test_policy import VALUES
from tests.mfa.views.test_app import FIRST, VERIFY, secret_on
from tests.portal_client import Browser, code

ZEROS = {"Arabic": "\u0660", "Persian": "\u06f0", "Devanagari": "\u0966", "full width": "\uff10"}
Typed = Callable[[str], str]
PHONE, CHECK = "/login/enroll/phone/", "/login/enroll/verify/"


@pytest.fixture(params=ZEROS)
def typed(request: pytest.FixtureRequest) -> Typed:
    """Types a text on one of the keyboards."""
    zero = ord(ZEROS[request.param])
    return lambda text: "".join(chr(zero + int(c)) if c.isdecimal() else c for c in text)


def test_codes_and_numbers_are_accepted_in_any_digits(
    browser: Browser, bob: User, typed: Typed
) -> None:
    """Enrollment, login, and a change of the phone."""
    browser.password(bob)
    browser.post(PHONE, {"phone": typed("+447700900250")})
    browser.post(CHECK, {"code": typed(code("+447700900250"))})
    browser.password(bob)
    browser.post(VERIFY, {"code": typed(code("+447700900250"))})
    assert browser.signed_in
    browser.post("/me/phone/", {"phone": typed("07700 900251")})
    browser.post("/me/phone/verify/", {"code": typed(code("+447700900251"))})
    assert bob.factors.usable().get().target == "+447700900251"


def test_app_codes_are_accepted_in_any_digits(enrolling: Browser, bob: User, typed: Typed) -> None:
    new = secret_on(enrolling.post(FIRST).content.decode())
    enrolling.post(FIRST, {"code": typed(shows(new)), "name": ""})
    assert bob.factors.get(kind="app")


def test_used_app_code_is_refused_in_any_digits(
    browser: Browser, other_browser: Browser, alice: User, typed: Typed
) -> None:
    """X13."""
    give_app(alice)
    browser.password(alice)
    browser.post(VERIFY, {"code": typed(shows(SECRET))})
    assert browser.signed_in
    other_browser.password(alice)
    page = other_browser.post(VERIFY, {"code": shows(SECRET)})
    assert "already been used" in page.content.decode()
    assert not other_browser.signed_in


def test_recovery_codes_are_accepted_in_any_digits(
    browser: Browser, alice: User, typed: Typed
) -> None:
    saved = give_codes(alice)[0]
    browser.password(alice)
    browser.post("/login/choose/", {"route": "recovery_codes"})
    browser.post("/login/recovery-code/", {"code": typed(saved)})
    assert browser.signed_in


def test_emailed_code_is_accepted_in_any_digits(
    recovering: Browser, alice: User, typed: Typed
) -> None:
    recovering.post("/login/mailbox/")
    answer = recovering.post("/login/mailbox/", {"code": typed(code(alice.email))})
    assert answer.headers["Location"] == PHONE


def test_admin_numbers_are_accepted_in_any_digits(
    office: Browser, alice: User, typed: Typed
) -> None:
    """Hours of a pause, minutes of the policy, the number and the code of a test message."""
    path = f"/support/people/{alice.pk}/pause/"
    office.post(path, {"reason": "lost phone", "hours": typed("24")})
    pause = Pause.objects.get(user=alice)
    assert round((pause.until - pause.started_at).total_seconds() / 3600) == 24
    office.post("/admin/mfa/accountpolicy/test-message/", {"phone": typed("+447700900252")})
    page = office.post(
        "/admin/mfa/accountpolicy/test-message/",
        {"code": typed(code("+447700900252"))},
        follow=True,
    )
    assert AuditEvent.objects.filter(event=Event.CODE_RIGHT).exists(), page.content.decode()
    office.post("/admin/mfa/accountpolicy/1/change/", {**VALUES, "code_life_minutes": typed("7")})
    assert SitePolicy.load().code_life_minutes == 7


@pytest.mark.django_db
def test_reference_code_is_accepted_in_any_digits(typed: Typed) -> None:
    row = AuditEvent.objects.create(event=Event.LOGGED_IN, at="2026-03-02T12:00:00Z")
    assert case_of(typed(reference_to(row.pk))) == row
