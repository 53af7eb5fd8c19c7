"""P07: an invited person sets a password once, and then sets up the second step (RV-03)."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from accounts.people import resets
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event, OutboxMessage, Pause, SitePolicy
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser, code
from tests.stations import mailed_link

NEW = "another long enough one"
FORM = "/password/new/"
NUMBER = "+447546123456"


def invite(user: User, by: User) -> str:
    """Return the path of the link that an administrator sends."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert resets.send(user, client=NOWHERE, by=by.pk)
    return "/password/reset/{}/{}/".format(*mailed_link())


def save(browser: Browser, new: str = NEW) -> HttpResponse:
    return browser.post(FORM, {"new_password1": new, "new_password2": new})


@pytest.fixture
def dora(root: User) -> User:
    """A new person without a password."""
    return User.objects.create_user("dora@example.org", None)


@pytest.fixture
def invited(browser: Browser, dora: User, root: User) -> Browser:
    """Dora at the form for her first password."""
    assert browser.post(invite(dora, root)).url == FORM
    return browser


def test_invited_person_enters_password_only_to_set_it_and_to_log_in(
    browser: Browser, dora: User, root: User
) -> None:
    """P07: seven pages instead of eight, and no word about being logged out."""
    link = invite(dora, root)
    assert "You've been invited to Acme Portal." in browser.get(link).content.decode()
    browser.post(link)
    form = browser.get(FORM).content.decode()
    assert "<h1>Set your password</h1>" in form
    assert "logs you out" not in form
    assert save(browser).url == "/login/enroll/phone/"
    assert not browser.signed_in
    browser.post("/login/enroll/phone/", {"phone": NUMBER})
    answer = browser.post("/login/enroll/verify/", {"code": code(NUMBER)})
    assert answer.url.startswith("/login/?notice=confirmed")
    assert dora.email in browser.get(answer.url).content.decode()
    browser.password(dora, NEW)
    browser.post("/login/verify/", {"code": code(NUMBER)})
    assert browser.signed_in


@pytest.mark.parametrize("after", ["finish", "continue"])
def test_invited_person_is_not_asked_for_password_if_policy_continues(
    invited: Browser, policy: SitePolicy, after: str
) -> None:
    SitePolicy.objects.update(after_enrollment=after)
    save(invited)
    invited.post("/login/enroll/phone/", {"phone": NUMBER})
    invited.post("/login/enroll/verify/", {"code": code(NUMBER)})
    if after == "finish":
        invited.post("/login/enroll/done/")
    assert invited.signed_in
    assert invited.session["mfa_about"]["aal"] == 2


def test_invited_person_may_skip_only_under_an_optional_policy(
    invited: Browser, dora: User, policy: SitePolicy
) -> None:
    """EN-06."""
    SitePolicy.objects.update(enforcement="optional")
    save(invited)
    SitePolicy.objects.update(enforcement="required")
    assert invited.post("/login/skip/").status_code == 403
    assert not invited.signed_in
    SitePolicy.objects.update(enforcement="optional")
    invited.post("/login/skip/")
    assert invited.signed_in
    assert invited.session["mfa_about"]["aal"] == 1


def test_invited_administrator_sets_up_the_second_step_first(
    browser: Browser, root: User, policy: SitePolicy
) -> None:
    """Also while MFA is off for everyone else."""
    SitePolicy.objects.update(enabled=False, first_enabled_at=timezone.now())
    boss = User.objects.create_user("boss@example.org", None, is_staff=True)
    browser.post(invite(boss, root))
    assert save(browser).url == "/login/enroll/phone/"
    assert browser.get("/admin/").status_code == 302
    assert browser.post("/login/skip/").status_code == 403
    assert not browser.signed_in


# Everyone else logs in as before: no link ends in a login


def without_mfa(_policy: SitePolicy, _dora: User) -> None:
    SitePolicy.objects.update(enabled=False)


def turned_off(_policy: SitePolicy, _dora: User) -> None:
    SitePolicy.objects.update(enforcement="off")


def paused(_policy: SitePolicy, dora: User) -> None:
    now = timezone.now()
    Pause.objects.create(
        user=dora, reason="lost phone", started_at=now, until=now + timedelta(days=1)
    )


def skipped(_policy: SitePolicy, dora: User) -> None:
    SitePolicy.objects.update(enforcement="optional")
    User.objects.filter(pk=dora.pk).update(skipped_at=timezone.now())


@pytest.mark.parametrize("change", [without_mfa, turned_off, paused, skipped])
def test_invitation_link_never_logs_in_without_second_step(
    invited: Browser, policy: SitePolicy, dora: User, change
) -> None:
    """RV-03: these people log in with just a password, but not with just a link."""
    change(policy, dora)
    assert save(invited).url == "/login/?notice=set"
    page = invited.get("/login/?notice=set").content.decode()
    assert "Your password is saved. Log in with it." in page
    assert dora.email in page
    assert "mfa_pending" not in invited.session
    assert not invited.signed_in


def test_person_with_factor_needs_it_for_form_and_for_login(
    browser: Browser, dora: User, root: User
) -> None:
    """RV-02: an administrator's link for someone with a phone."""
    give_phone(dora, NUMBER)
    assert browser.post(invite(dora, root)).url == "/login/verify/"
    assert save(browser).url == "/password/forgot/?notice=ended"
    browser.post("/login/verify/", {"code": code(NUMBER)})
    assert save(browser).url == "/login/?notice=set"
    assert not browser.signed_in
    assert browser.get("/login/enroll/phone/").url == "/login/"


def test_factor_added_meanwhile_is_asked_at_login(invited: Browser, dora: User) -> None:
    """RV-02: the link of this form was opened before the person had a phone."""
    give_phone(dora, NUMBER)
    assert save(invited).url == "/login/?notice=set"
    assert invited.get("/login/enroll/phone/").url == "/login/"
    assert not invited.signed_in


@pytest.mark.parametrize("state", ["disabled", "revoked", "reset"])
def test_invitation_link_enrolls_no_one_who_ever_had_a_factor(
    browser: Browser, dora: User, root: User, state: str
) -> None:
    """RV-02, RV-05, EN-02: whether wrong codes, the person or support ended it."""
    factor = give_phone(dora, NUMBER)
    factor.status = "revoked" if state == "reset" else state
    factor.save()
    if state == "reset":
        User.objects.filter(pk=dora.pk).update(reset_at=timezone.now())
    assert browser.post(invite(dora, root)).url == "/login/help/"
    assert save(browser).url == "/password/forgot/?notice=ended"
    assert browser.get("/login/enroll/phone/").url == "/login/help/"
    assert browser.post("/login/enroll/phone/", {"phone": "+447546123457"}).url == "/login/help/"
    dora.refresh_from_db()
    assert not dora.has_usable_password()


def test_self_requested_link_leads_to_login(browser: Browser, bob: User) -> None:
    """RV-03: "Forgot your password?" sends one to anyone, at any time."""
    browser.post("/password/forgot/", {"email": bob.email})
    browser.post("/password/reset/{}/{}/".format(*mailed_link()))
    assert save(browser).url == "/login/?notice=reset"
    assert browser.get("/login/enroll/phone/").url == "/login/"


def test_used_invitation_link_opens_nothing(
    invited: Browser, other_browser: Browser, dora: User
) -> None:
    """RV-01: neither for an attacker who finds it in the inbox, nor in the same browser."""
    link = "/password/reset/{}/{}/".format(*mailed_link())
    save(invited)
    for browser in (other_browser, invited):
        assert browser.get(link).status_code == 410
        assert browser.post(link).status_code == 410
    assert other_browser.get("/login/enroll/phone/").url == "/login/"
    assert invited.get("/login/enroll/phone/").status_code == 200
    assert save(invited, "a third long enough one").url == "/password/forgot/?notice=ended"
    dora.refresh_from_db()
    assert dora.check_password(NEW)


def test_only_first_of_two_browsers_sets_password_and_enrolls(
    invited: Browser, other_browser: Browser, dora: User
) -> None:
    other_browser.post("/password/reset/{}/{}/".format(*mailed_link()))
    save(invited)
    assert save(other_browser, "a third long enough one").url == "/password/forgot/?notice=ended"
    assert other_browser.get("/login/enroll/phone/").url.startswith("/password/forgot/")
    dora.refresh_from_db()
    assert dora.check_password(NEW)


def test_newest_link_decides_whose_setup_continues(
    invited: Browser, dora: User, root: User
) -> None:
    """Two links opened in one browser never mix the two people."""
    eve = make_user("eve@example.org")
    invited.post(invite(eve, root))
    assert save(invited).url == "/login/enroll/phone/"
    invited.post("/login/enroll/phone/", {"phone": NUMBER})
    invited.post("/login/enroll/verify/", {"code": code(NUMBER)})
    assert eve.factors.count() == 1
    assert not dora.factors.exists()
    dora.refresh_from_db()
    assert not dora.has_usable_password()


def test_account_change_ends_invited_setup(invited: Browser, dora: User, root: User) -> None:
    """An administrator's newer link, or a disabled account, ends an open setup."""
    save(invited)
    User.objects.filter(pk=dora.pk).update(is_active=False)
    assert invited.get("/login/enroll/phone/").url.startswith("/login/?notice=ended")


def test_invited_setup_ends_after_fifteen_minutes(clock, dora: User, root: User) -> None:
    browser = Browser()
    browser.post(invite(dora, root))
    clock.shift(timedelta(minutes=9))
    save(browser)
    clock.shift(timedelta(minutes=14))
    assert browser.get("/login/enroll/phone/").status_code == 200
    clock.shift(timedelta(minutes=2))
    assert browser.get("/login/enroll/phone/").url.startswith("/login/?notice=ended")


def test_reset_stored_by_former_version_starts_again(invited: Browser) -> None:
    session = invited.session
    held = session["mfa_pending"]
    del held["invited"]
    session["mfa_pending"] = held
    session.save()
    assert save(invited).url == "/password/forgot/?notice=ended"


def test_invitation_is_recorded_as_password_and_pending_login(invited: Browser, dora: User) -> None:
    """Support finds the person by the reference code of the help page."""
    save(invited)
    events = AuditEvent.objects.filter(user=dora).order_by("pk").values_list("event", flat=True)
    assert list(events)[-2:] == [Event.PASSWORD_RESET, Event.PASSWORD_RIGHT]
    assert "reference code" in invited.get("/login/help/").content.decode()
    assert OutboxMessage.objects.filter(target=dora.email).count() == 2
