"""K8: under `optional` people can skip, under `required` they cannot (EN-06)."""

import pytest

from accounts.models import User
from mfa.models import AuditEvent, Event, SitePolicy
from tests.conftest import make_user
from tests.journeys.conftest import NEW_NUMBER, PHONE
from tests.portal_client import Browser, code

SKIP = "/login/skip/"


def test_offer_has_button_skip_for_now(browser: Browser, bob: User, optional: SitePolicy) -> None:
    assert browser.password(bob).url == PHONE
    assert "Skip for Now" in browser.get(PHONE).content.decode()


def test_required_second_step_has_no_skip_button(enrolling: Browser) -> None:
    assert "Skip for Now" not in enrolling.get(PHONE).content.decode()


def test_skipping_logs_in_at_lower_level(browser: Browser, bob: User, optional: SitePolicy) -> None:
    browser.password(bob, next="/me/")
    assert browser.post(SKIP).url == "/me/"
    assert browser.signed_in
    assert browser.session["mfa_about"]["aal"] == 1
    assert AuditEvent.objects.filter(event=Event.SKIPPED, user=bob).count() == 1


def test_skip_is_remembered(browser: Browser, bob: User, optional: SitePolicy) -> None:
    browser.password(bob)
    browser.post(SKIP)
    for _ in range(2):
        browser.post("/logout/")
        assert browser.password(bob).url == "/"


def test_offered_setup_can_be_done(browser: Browser, bob: User, optional: SitePolicy) -> None:
    browser.password(bob)
    browser.post(PHONE, {"phone": NEW_NUMBER})
    browser.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    assert browser.password(bob).url == "/login/verify/"


def test_skipping_is_refused_where_it_is_not_offered(enrolling: Browser, bob: User) -> None:
    response = enrolling.post(SKIP)
    assert response.status_code == 403
    assert not enrolling.signed_in
    assert AuditEvent.objects.filter(event=Event.STEP_REFUSED, user=bob).count() == 1
    bob.refresh_from_db()
    assert bob.skipped_at is None


def test_repeated_skips_do_not_fill_the_audit(enrolling: Browser) -> None:
    assert {enrolling.post(SKIP).status_code for _ in range(25)} == {403}
    assert AuditEvent.objects.filter(event=Event.STEP_REFUSED).count() == 20


def test_person_with_phone_cannot_skip_code(
    browser: Browser, alice: User, optional: SitePolicy
) -> None:
    browser.password(alice)
    assert browser.post(SKIP).status_code == 403
    assert not browser.signed_in


def test_skip_does_not_count_if_mfa_is_required(
    browser: Browser, bob: User, optional: SitePolicy
) -> None:
    """K18."""
    browser.password(bob)
    browser.post(SKIP)
    browser.post("/logout/")
    optional.enforcement = "required"
    optional.save()
    assert browser.password(bob).url == PHONE


def test_staff_are_never_offered_a_skip(
    browser: Browser, policy: SitePolicy, optional: SitePolicy
) -> None:
    staff = make_user("sam@example.org", is_staff=True)
    browser.password(staff)
    assert "Skip for Now" not in browser.get(PHONE).content.decode()
    assert browser.post(SKIP).status_code == 403


@pytest.mark.parametrize("field", ["skip", "may_skip", "enforcement"])
def test_form_field_cannot_make_second_step_optional(enrolling: Browser, field: str) -> None:
    """EN-06: the policy decides, not the form."""
    assert enrolling.post(SKIP, {field: "optional"}).status_code == 403
