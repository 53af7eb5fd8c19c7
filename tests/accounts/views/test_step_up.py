"""Step-up: a fresh second factor before sensitive changes (SS-08, EM-01, SS-01)."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings

from accounts.models import User
from mfa.models import AuditEvent, Challenge, Event, OutboxMessage, SitePolicy
from mfa.session_engine import ABOUT
from tests.authenticator import give_app
from tests.conftest import give_phone
from tests.journeys.conftest import NEW_NUMBER
from tests.portal_client import PASSWORD, Browser, code, codes

pytestmark = pytest.mark.usefixtures("clock")

STEP_UP, VERIFY, CANCEL = "/me/confirm/", "/login/verify/", "/login/cancel/"
PHONE = "+447700900201"
POLICY = "/admin/mfa/accountpolicy/1/change/"
LATER = timedelta(minutes=10)


@pytest.fixture
def stale(home: Browser, clock: time_machine.Traveller) -> Browser:
    """Alice, who logged in ten minutes ago."""
    clock.shift(LATER)
    return home


@pytest.fixture
def confirming(stale: Browser) -> Browser:
    """Alice after "Send Verification Code", on the way to the password page."""
    stale.post(STEP_UP, {"next": "/me/password/"})
    return stale


@pytest.fixture
def off(policy: SitePolicy) -> SitePolicy:
    """MFA is off."""
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    return policy


def led_away(browser: Browser, path: str) -> bool:
    """Whether a page redirects to the step-up."""
    return browser.get(path).headers.get("Location", "").startswith(STEP_UP)


@pytest.mark.parametrize("path", ["/me/password/", "/me/phone/"])
def test_fresh_login_opens_sensitive_pages(home: Browser, path: str) -> None:
    assert home.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/me/password/", "/me/phone/"])
def test_login_older_than_ten_minutes_needs_step_up(stale: Browser, path: str) -> None:
    """SS-08: to the step-up and back."""
    assert stale.get(path).url.startswith(f"{STEP_UP}?next={path.replace('/', '%2F')}")
    assert stale.get("/me/").status_code == 200


@pytest.mark.parametrize("path", [POLICY, "/admin/mfa/accountpolicy/test-message/"])
def test_account_policy_and_its_tests_need_step_up(
    office: Browser, clock: time_machine.Traveller, path: str
) -> None:
    """AZ-03."""
    assert not led_away(office, path)
    clock.shift(LATER)
    assert led_away(office, path)


def test_stale_connection_test_returns_to_form(
    office: Browser, clock: time_machine.Traveller
) -> None:
    """A page without GET cannot be the target."""
    clock.shift(LATER)
    location = office.post("/admin/mfa/accountpolicy/test-connection/").url
    assert location.startswith(f"{STEP_UP}?next=%2Fadmin%2Fmfa%2Faccountpolicy%2F&")


def test_viewing_step_up_sends_nothing(stale: Browser) -> None:
    """WB-01."""
    sent = OutboxMessage.objects.count()
    page = stale.get(STEP_UP, {"next": "/me/password/"})
    assert "Confirm that it's you" in page.content.decode()
    assert OutboxMessage.objects.count() == sent


def test_step_up_button_mentions_code_only_if_one_is_sent(stale: Browser, alice: User) -> None:
    assert "Send Verification Code" in stale.get(STEP_UP).content.decode()
    give_app(alice)
    assert "Send Verification Code" not in stale.get(STEP_UP).content.decode()


def test_texted_code_confirms_and_returns(confirming: Browser, alice: User) -> None:
    response = confirming.post(VERIFY, {"code": code(PHONE)})
    assert response.url == "/me/password/"
    assert confirming.get("/me/password/").status_code == 200
    assert AuditEvent.objects.filter(event=Event.STEPPED_UP, user=alice).count() == 1


def test_step_up_lasts_ten_minutes(confirming: Browser, clock: time_machine.Traveller) -> None:
    confirming.post(VERIFY, {"code": code(PHONE)})
    clock.shift(LATER - timedelta(seconds=1))
    assert not led_away(confirming, "/me/password/")
    clock.shift(timedelta(seconds=1))
    assert led_away(confirming, "/me/password/")


def test_text_names_purpose_of_code(confirming: Browser) -> None:
    """OT-04: so that nobody reads it to a caller who asks for a login code."""
    assert "confirms it's you" in OutboxMessage.objects.filter(target=PHONE)[0].body
    assert Challenge.objects.filter(purpose="step_up").count() == 1


def test_login_code_does_not_confirm_step_up(
    confirming: Browser, other_browser: Browser, alice: User
) -> None:
    """OT-04: another purpose, another session."""
    other_browser.password(alice)
    login_code, step_up_code = codes(PHONE)[:2]
    assert confirming.post(VERIFY, {"code": login_code}).status_code == 200
    assert led_away(confirming, "/me/password/")
    other_browser.post(VERIFY, {"code": step_up_code})
    assert not other_browser.signed_in


def test_old_cookies_are_invalid_after_step_up(confirming: Browser) -> None:
    """SS-01: replay each old cookie."""
    name = settings.SESSION_COOKIE_NAME
    before = confirming.cookies[name].value
    confirming.post(VERIFY, {"code": code(PHONE)})
    after = confirming.cookies[name].value
    assert before != after
    replay = Browser()
    replay.cookies[name] = before
    assert replay.get("/me/").status_code == 302
    replay.cookies[name] = after
    assert replay.get("/me/password/").status_code == 200


def test_stale_post_saves_nothing_and_says_so(stale: Browser, alice: User) -> None:
    new = "another long password"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    page = stale.post("/me/password/", fields, follow=True).content.decode()
    assert "Nothing was saved" in page
    assert new not in page
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_email_is_not_offered_or_accepted(confirming: Browser, alice: User) -> None:
    """EM-01: email is not an authenticator."""
    page = confirming.get(VERIFY).content.decode()
    assert "Send code to email" not in page
    confirming.post("/login/verify/email/")
    confirming.post("/login/choose/", {"route": "email"})
    assert not codes(alice.email)


def test_canceled_step_up_keeps_session(confirming: Browser) -> None:
    assert confirming.post(CANCEL).url == "/"
    assert confirming.get("/me/").status_code == 200
    assert led_away(confirming, "/me/password/")
    assert confirming.get(VERIFY).url == "/login/"


def test_five_wrong_codes_keep_login(confirming: Browser) -> None:
    wrong = f"{(int(code(PHONE)) + 1) % 10**6:06}"
    for _ in range(6):
        confirming.post(VERIFY, {"code": wrong})
    assert confirming.get("/me/").status_code == 200
    assert led_away(confirming, "/me/password/")


def test_expired_step_up_restarts_and_keeps_session(
    confirming: Browser, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=15))
    assert confirming.get(VERIFY).url == f"{STEP_UP}?next=%2Fme%2Fpassword%2F"
    assert confirming.get("/me/").status_code == 200
    confirming.post(STEP_UP, {"next": "/me/password/"})
    assert confirming.post(VERIFY, {"code": code(PHONE)}).url == "/me/password/"


def test_two_tabs_share_a_code_and_last_target_wins(confirming: Browser) -> None:
    sent = len(codes(PHONE))
    confirming.post(STEP_UP, {"next": "/me/phone/"})
    assert len(codes(PHONE)) == sent
    assert confirming.post(VERIFY, {"code": code(PHONE)}).url == "/me/phone/"


def test_back_button_cannot_reuse_code(confirming: Browser) -> None:
    right = code(PHONE)
    confirming.post(VERIFY, {"code": right})
    assert confirming.post(VERIFY, {"code": right}).url == "/login/"
    assert confirming.get("/me/").status_code == 200


def test_step_up_ends_with_its_login(
    confirming: Browser, other_browser: Browser, alice: User
) -> None:
    """SS-06: a change elsewhere ends the session and its step-up."""
    other_browser.log_in(alice)
    other_browser.post("/me/phone/", {"phone": NEW_NUMBER})
    right = code(PHONE)
    other_browser.post("/me/phone/verify/", {"code": code(NEW_NUMBER)})
    confirming.post(VERIFY, {"code": right})
    assert confirming.get("/me/").status_code == 302


def test_disabled_person_cannot_confirm(confirming: Browser, alice: User) -> None:
    """SS-05."""
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert confirming.post(VERIFY, {"code": code(PHONE)}).url == "/login/"
    assert not AuditEvent.objects.filter(event=Event.STEPPED_UP).exists()


def test_step_up_of_another_person_is_not_continued(confirming: Browser, charlie: User) -> None:
    """Swap the session's person: the step-up belongs to the first one and opens nothing."""
    confirming.post("/logout/")
    confirming.log_in(charlie)
    assert confirming.get(VERIFY).url == "/login/"


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example/", "/\\evil.example", ""])
def test_step_up_redirects_only_to_own_pages(stale: Browser, evil: str) -> None:
    """WB-03."""
    stale.post(STEP_UP, {"next": evil})
    assert stale.post(VERIFY, {"code": code(PHONE)}).url == "/"


def test_anonymous_visitor_cannot_open_step_up(browser: Browser, db: None) -> None:
    assert browser.post(STEP_UP).url == f"/login/?next={STEP_UP}"


@pytest.mark.parametrize("path", ["/login/skip/", "/login/enroll/phone/", "/login/continue/"])
def test_other_login_pages_stay_closed_during_step_up(
    confirming: Browser, alice: User, path: str
) -> None:
    """LG-05, EN-06."""
    confirming.post(path, {"phone": NEW_NUMBER})
    alice.refresh_from_db()
    assert (alice.skipped_at, codes(NEW_NUMBER)) == (None, [])
    assert led_away(confirming, "/me/password/")


def test_locked_person_waits(
    confirming: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    confirming.blame(alice, 9)
    confirming.post(VERIFY, {"code": f"{(int(code(PHONE)) + 1) % 10**6:06}"})
    assert confirming.get(VERIFY).url == "/login/help/"
    assert "Too many attempts" in confirming.get("/login/help/").content.decode()


def test_step_up_raises_level_of_password_session(
    browser: Browser, off: SitePolicy, alice: User
) -> None:
    """SS-02: MFA was enabled during the session."""
    browser.password(alice)
    off.enabled = True
    off.save()
    assert led_away(browser, "/me/password/")
    browser.post(STEP_UP, {"next": "/me/password/"})
    browser.post(VERIFY, {"code": code(PHONE)})
    assert browser.session[ABOUT]["aal"] == 2
    assert not led_away(browser, "/me/password/")


@pytest.fixture
def by_email(asked: Browser, alice: User) -> Browser:
    """Alice, who logged in with an emailed code."""
    asked.post("/login/verify/email/")
    asked.post(VERIFY, {"code": code(alice.email)})
    return asked


def test_emailed_code_opens_only_change_of_number(by_email: Browser) -> None:
    """EM-01, EM-03: this is how a lost phone is replaced."""
    assert not led_away(by_email, "/me/phone/")
    assert led_away(by_email, "/me/password/")


def test_emailed_code_opens_change_of_number_for_ten_minutes(
    by_email: Browser, clock: time_machine.Traveller
) -> None:
    clock.shift(LATER)
    assert led_away(by_email, "/me/phone/")


@pytest.fixture
def without_factor(
    browser: Browser, bob: User, optional: SitePolicy, clock: time_machine.Traveller
) -> Browser:
    """Bob, who skipped the second step ten minutes ago."""
    browser.password(bob)
    browser.post("/login/skip/")
    assert not led_away(browser, "/me/password/")
    clock.shift(LATER)
    return browser


def test_person_without_factor_confirms_by_password(without_factor: Browser) -> None:
    assert led_away(without_factor, "/me/password/")
    page = without_factor.get(STEP_UP).content.decode()
    assert 'name="password"' in page
    response = without_factor.post(STEP_UP, {"password": PASSWORD, "next": "/me/password/"})
    assert response.url == "/me/password/"
    assert not led_away(without_factor, "/me/password/")


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " "])
def test_person_without_factor_needs_right_password(without_factor: Browser, password: str) -> None:
    response = without_factor.post(STEP_UP, {"password": password})
    assert "There is a problem" in response.content.decode()
    assert led_away(without_factor, "/me/password/")


def test_ten_wrong_passwords_cause_lockout(without_factor: Browser) -> None:
    """LG-02."""
    for _ in range(10):
        without_factor.post(STEP_UP, {"password": "wrong"})
    refusal = without_factor.post(STEP_UP, {"password": PASSWORD, "next": "/me/password/"})
    assert refusal.status_code == 429
    assert refusal.headers["Retry-After"] == "30"
    page = refusal.content.decode()
    assert page.count("Too many attempts. Try again in less than a minute.") == 2
    assert '<input type="hidden" name="next" value="/me/password/">' in page
    assert led_away(without_factor, "/me/password/")


def test_password_is_enough_while_mfa_is_off(
    office: Browser, off: SitePolicy, clock: time_machine.Traveller
) -> None:
    clock.shift(LATER)
    office.post(STEP_UP, {"password": PASSWORD, "next": POLICY})
    assert not led_away(office, POLICY)


def test_password_is_not_enough_after_mfa_is_on_again(
    office: Browser, off: SitePolicy, clock: time_machine.Traveller
) -> None:
    clock.shift(LATER)
    office.post(STEP_UP, {"password": PASSWORD})
    off.enabled = True
    off.save()
    assert led_away(office, POLICY)


def test_password_does_not_replace_factor(stale: Browser) -> None:
    stale.post(STEP_UP, {"password": PASSWORD, "next": "/me/password/"})
    assert led_away(stale, "/me/password/")


def test_person_who_lost_all_factors_cannot_confirm(stale: Browser, alice: User) -> None:
    """RV-08: a disabled factor never makes the password sufficient."""
    alice.factors.update(status="disabled")
    response = stale.post(STEP_UP, {"password": PASSWORD, "next": "/me/password/"}, follow=True)
    assert "use any of your verification methods" in response.content.decode()
    assert led_away(stale, "/me/password/")


def test_disabling_mfa_during_step_up_confirms_nothing(
    confirming: Browser, off: SitePolicy
) -> None:
    """Then the password is required. Finishing the flow is not a proof."""
    assert confirming.get(VERIFY).url.startswith(STEP_UP)
    assert led_away(confirming, "/me/password/")


def test_second_phone_can_be_chosen(confirming: Browser, alice: User) -> None:
    give_phone(alice, "+447700900209")
    page = confirming.get("/login/choose/").content.decode()
    assert "number ending 09" in page
