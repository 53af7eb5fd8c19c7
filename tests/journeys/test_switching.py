"""Changes by an administrator affect people in the middle of a login (A30, K17, B15)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command

from accounts.models import User
from mfa.models import OutboxMessage, SitePolicy
from tests.journeys.conftest import NEW_NUMBER, PHONE
from tests.portal_client import PASSWORD, Browser, code

NUMBER = "+447700900201"
VERIFY = "/login/verify/"
CONTINUE = "/login/continue/"


@pytest.fixture
def disabled(policy: SitePolicy) -> SitePolicy:
    policy.enabled = False
    policy.save()
    return policy


def disable(policy: SitePolicy) -> None:
    policy.enabled = False
    policy.save()


def test_with_mfa_off_the_password_is_enough(
    browser: Browser, alice: User, disabled: SitePolicy
) -> None:
    """A30."""
    assert browser.password(alice, next="/me/").url == "/me/"
    assert browser.signed_in
    assert browser.session["mfa_about"]["aal"] == 1
    assert not OutboxMessage.objects.exists()


def test_no_one_can_enroll_with_mfa_off(browser: Browser, bob: User, disabled: SitePolicy) -> None:
    """A11: a new installation requires nothing."""
    assert browser.password(bob).url == "/"


def test_disabling_mfa_lets_pending_logins_continue_by_button(
    asked: Browser, policy: SitePolicy
) -> None:
    """A30: after their next click, and never by a GET."""
    disable(policy)
    assert asked.get(VERIFY).url == CONTINUE
    page = asked.get(CONTINUE).content.decode()
    assert "Continue" in page
    assert not asked.signed_in
    assert asked.post(CONTINUE).url == "/"
    assert asked.signed_in


@pytest.mark.parametrize("path", [VERIFY, "/login/verify/resend/", "/login/enroll/phone/"])
def test_any_click_of_pending_login_leads_to_continue_button(
    asked: Browser, policy: SitePolicy, path: str
) -> None:
    disable(policy)
    assert asked.post(path, {"code": "123456"}).url == CONTINUE


def test_continue_button_does_not_bypass_code(asked: Browser) -> None:
    assert asked.post(CONTINUE).url == VERIFY
    assert not asked.signed_in


def test_enabling_mfa_applies_at_next_login(
    browser: Browser, alice: User, disabled: SitePolicy
) -> None:
    """K17, D02: a running session stays."""
    browser.password(alice)
    disabled.enabled = True
    disabled.save()
    assert browser.get("/me/").status_code == 200
    browser.post("/logout/")
    assert browser.password(alice).url == VERIFY


def test_enabling_mfa_before_click_requires_code(asked: Browser, policy: SitePolicy) -> None:
    disable(policy)
    asked.get(CONTINUE)
    policy.enabled = True
    policy.save()
    assert asked.post(CONTINUE).url == VERIFY
    assert not asked.signed_in


def test_only_pilot_group_needs_second_step(
    browser: Browser, other_browser: Browser, alice: User, bob: User, policy: SitePolicy
) -> None:
    """A06."""
    policy.pilot_group = Group.objects.create(name="Pilots")
    policy.save()
    alice.groups.add(policy.pilot_group)
    assert browser.password(alice).url == VERIFY
    assert other_browser.password(bob).url == "/"


def test_required_during_offer_removes_skip(
    browser: Browser, bob: User, optional: SitePolicy
) -> None:
    browser.password(bob)
    optional.enforcement = "required"
    optional.save()
    assert "Skip for Now" not in browser.get(PHONE).content.decode()
    assert browser.post("/login/skip/").status_code == 403


def test_changed_end_of_enrollment_applies_at_once(proving: Browser, policy: SitePolicy) -> None:
    """K1, changed while a code was out."""
    policy.after_enrollment = "continue"
    policy.save()
    assert proving.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)}).url == "/"
    assert proving.signed_in


def test_enrolled_person_is_redirected_if_finish_page_is_removed(
    proving: Browser, bob: User, policy: SitePolicy
) -> None:
    """K1: from `finish` to `login_again` between the code and the button."""
    policy.after_enrollment = "finish"
    policy.save()
    proving.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    policy.after_enrollment = "login_again"
    policy.save()
    assert proving.post("/login/enroll/done/").url.startswith("/login/")
    assert not proving.signed_in


def test_shorter_code_life_applies_to_next_code(
    clock: time_machine.Traveller, browser: Browser, alice: User, policy: SitePolicy
) -> None:
    policy.code_life_minutes = 2
    policy.save()
    browser.password(alice)
    assert "Works for 2 minutes" in browser.get(VERIFY).content.decode()
    clock.shift(timedelta(minutes=2, seconds=1))
    page = browser.post(VERIFY, {"code": code(NUMBER)}).content.decode()
    assert "This code is older than 2 minutes. Ask for a new one." in page


def test_password_change_ends_pending_logins(
    asked: Browser, other_browser: Browser, alice: User
) -> None:
    """An attacker waits at the code page while the owner changes the password."""
    other_browser.log_in(alice)
    new = "another long enough one"
    other_browser.post(
        "/me/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    response = asked.post(VERIFY, {"code": code(NUMBER)})
    assert response.url.startswith("/login/?notice=ended")
    assert not asked.signed_in


def test_next_is_kept_when_login_ends(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """WB-03: "carry on where you were" holds."""
    browser.password(alice, next="/me/activity/")
    clock.shift(timedelta(minutes=16))
    url = browser.get(VERIFY).url
    assert 'name="next" value="/me/activity/"' in browser.get(url).content.decode()


def test_disabled_person_is_logged_out_at_next_request(home: Browser, alice: User) -> None:
    """SS-05."""
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert home.get("/me/").status_code == 302


def test_breakglass_lets_person_in_by_password(browser: Browser, alice: User) -> None:
    """K19, B15 by a command on the server."""
    call_command("breakglass", alice.email, "--reason", "lost phone")
    assert browser.password(alice).url == "/"
    assert browser.session["mfa_about"]["aal"] == 1


def test_breakglass_lets_pending_login_through(asked: Browser, alice: User) -> None:
    call_command("breakglass", alice.email, "--reason", "lost phone")
    assert asked.get(VERIFY).url == CONTINUE
    assert asked.post(CONTINUE).url == "/"


def test_pause_ends_automatically(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    call_command("breakglass", alice.email, "--reason", "lost phone", "--minutes", "5")
    clock.shift(timedelta(minutes=5))
    assert browser.password(alice).url == VERIFY


def test_pause_applies_to_one_person(browser: Browser, alice: User, charlie: User) -> None:
    """Charlie must not."""
    call_command("breakglass", alice.email, "--reason", "lost phone")
    assert browser.password(charlie).url == VERIFY


def test_breakglass_pause_opens_administration(browser: Browser, root: User) -> None:
    """For logging in when no second step works."""
    call_command("breakglass", root.email, "--reason", "SMS account closed")
    browser.password(root)
    assert browser.get("/admin/").status_code == 200


def test_ended_pause_closes_administration_again(
    clock: time_machine.Traveller, browser: Browser, root: User
) -> None:
    call_command("breakglass", root.email, "--reason", "SMS account closed")
    browser.password(root)
    clock.shift(timedelta(minutes=30))
    assert browser.get("/admin/").url == "/login/?notice=ended&next=%2Fadmin%2F"
