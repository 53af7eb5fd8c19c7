"""RV-04, back4, back5: a one-time pass opens only the enrollment of a new factor, once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from mfa.models import OneTimePass, SitePolicy
from tests.lost_phone import NEW_PHONE, no_codes_by_email, told
from tests.one_time_passes import made
from tests.portal_client import Browser, code

pytestmark = pytest.mark.usefixtures("clock")
PASS, MINUTE = "/login/pass/", timedelta(minutes=1)


def enroll(browser: Browser) -> object:
    browser.post("/login/enroll/phone/", {"phone": NEW_PHONE})
    return browser.post("/login/enroll/verify/", {"code": code(NEW_PHONE)})


def test_pass_and_password_open_only_the_setup_of_a_new_phone(
    browser: Browser, alice: User, root: User
) -> None:
    no_codes_by_email()
    SitePolicy.note(after_enrollment="continue")
    old = Browser()
    old.log_in(alice)
    browser.password(alice)
    assert "Use a one-time pass from support" in browser.get("/login/help/").content.decode()
    given = made(root, alice)
    assert browser.post(PASS, {"code": given.lower()}).url == "/login/enroll/phone/"
    assert "one-time pass was used" in told(alice)[0]
    assert "one-time pass was used" in told(alice, "sms")[0]
    assert set(alice.factors.values_list("status", flat=True)) == {"suspended"}
    assert old.get("/me/").status_code == 302, "sessions from before have ended"
    assert browser.get("/me/").status_code == 302
    assert browser.get("/login/verify/").url == "/login/enroll/phone/"
    assert enroll(browser).url.startswith("/login/?notice=confirmed")
    assert not browser.signed_in, "not even where the policy lets people in at once"
    browser.password(alice)
    browser.post("/login/verify/", {"code": code(NEW_PHONE)})
    assert browser.signed_in


def test_the_same_number_can_be_set_up_again(browser: Browser, alice: User, root: User) -> None:
    """A new SIM card of the old number."""
    browser.password(alice)
    browser.post(PASS, {"code": made(root, alice)})
    browser.post("/login/enroll/phone/", {"phone": "+447700900201"})
    browser.post("/login/enroll/verify/", {"code": code("+447700900201")})
    assert alice.factors.usable().get().target == "+447700900201"


def test_leaving_the_setup_leaves_nothing_open(browser: Browser, alice: User, root: User) -> None:
    """Back5."""
    no_codes_by_email()
    given = made(root, alice)
    browser.password(alice)
    browser.post(PASS, {"code": given})
    browser.post("/login/cancel/")
    browser.password(alice)
    assert browser.get("/login/enroll/phone/").url == "/login/help/"
    page = browser.post(PASS, {"code": given}).content.decode()
    assert "This pass has already been used." in page


def test_pass_of_another_person_opens_nothing(
    browser: Browser, alice: User, charlie: User, root: User
) -> None:
    given = made(root, alice)
    browser.password(charlie)
    assert "There is no pass that works now" in browser.post(PASS, {"code": given}).content.decode()
    made(root, charlie)
    assert "That is not your pass." in browser.post(PASS, {"code": given}).content.decode()
    assert not OneTimePass.objects.exclude(used_at=None).exists()


@pytest.mark.parametrize("minutes", [10, 8 * 60])
def test_pass_after_its_time_opens_nothing(
    browser: Browser, alice: User, root: User, clock, minutes: int
) -> None:
    given = made(root, alice, minutes)
    clock.shift(minutes * MINUTE)
    browser.password(alice)
    assert "There is no pass that works now" in browser.post(PASS, {"code": given}).content.decode()
    clock.shift(-MINUTE)
    assert browser.post(PASS, {"code": given}).url == "/login/enroll/phone/"


def test_pass_from_before_a_promotion_opens_nothing(
    browser: Browser, alice: User, root: User
) -> None:
    """Never for staff, whichever way they became it."""
    given = made(root, alice)
    browser.password(alice)
    alice.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    page = browser.post(PASS, {"code": given})
    assert page.status_code != 302
    assert alice.factors.get().status == "active"
    assert OneTimePass.objects.get().used_at is None


def test_pass_needs_the_password_first(browser: Browser, alice: User, root: User) -> None:
    given = made(root, alice)
    assert browser.post(PASS, {"code": given}).url == "/login/"
    browser.password(alice, "wrong password, but a long one")
    assert browser.post(PASS, {"code": given}).url == "/login/"
    assert not OneTimePass.objects.exclude(used_at=None).exists()


def test_newer_pass_replaces_unused_one(browser: Browser, alice: User, root: User) -> None:
    former, newer = made(root, alice), made(root, alice)
    browser.password(alice)
    assert "That is not your pass." in browser.post(PASS, {"code": former}).content.decode()
    assert browser.post(PASS, {"code": newer}).url == "/login/enroll/phone/"


def test_wrong_passes_end_in_a_lockout(browser: Browser, alice: User, root: User) -> None:
    given = made(root, alice)
    browser.password(alice)
    for _ in range(10):
        page = browser.post(PASS, {"code": "0000-0000-00000"})
    assert page.status_code in {302, 429}
    browser.post(PASS, {"code": given})
    assert not OneTimePass.objects.exclude(used_at=None).exists()


def test_link_and_pass_open_new_password_and_new_phone_and_nothing_else(
    browser: Browser, alice: User, root: User
) -> None:
    """NIST SP 800-63B-4, 4.2.2.2: lost phone and password."""
    no_codes_by_email()
    given = made(root, alice)
    browser.post("/password/forgot/", {"email": alice.email})
    link = re.search(r"/password/reset/\S+", told(alice)[0])
    assert link
    browser.post(link[0])
    assert browser.get("/password/new/").url.startswith("/password/forgot/"), "the link alone"
    assert "Use a one-time pass from support" in browser.get("/login/help/").content.decode()
    assert browser.post(PASS, {"code": given}).url == "/password/new/"
    words = {
        "new_password1": "seven green boats at noon",
        "new_password2": "seven green boats at noon",
    }
    assert browser.post("/password/new/", words).url == "/login/enroll/phone/"
    assert not browser.signed_in
    assert browser.get("/").status_code == 302
    assert browser.get("/me/password/").status_code == 302
    assert enroll(browser).url.startswith("/login/?notice=confirmed")
    browser.password(alice, "seven green boats at noon")
    browser.post("/login/verify/", {"code": code(NEW_PHONE)})
    assert browser.signed_in


def test_pass_alone_changes_no_password(browser: Browser, alice: User, root: User) -> None:
    """Neither the pass nor the link is enough (RV-04)."""
    given = made(root, alice)
    assert browser.post(PASS, {"code": given}).url == "/login/"
    browser.password(alice)
    browser.post(PASS, {"code": given})
    assert browser.get("/password/new/").url.startswith("/password/forgot/")
    assert browser.get("/me/password/").status_code == 302


def test_step_up_takes_no_pass(alice: User, root: User) -> None:
    browser = Browser()
    browser.log_in(alice)
    given = made(root, alice)
    browser.get("/me/confirm/?next=/me/security/")
    assert browser.post(PASS, {"code": given}).status_code == 302
    assert not OneTimePass.objects.exclude(used_at=None).exists()
