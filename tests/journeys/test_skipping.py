"""K8: under `optional` people may skip, under `required` nobody may (EN-06)."""

import pytest

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, Event
from tests.conftest import make_user
from tests.journeys.conftest import NEW_NUMBER, PHONE
from tests.portal_client import Browser, code

SKIP = "/login/skip/"


def test_the_offer_has_the_button_skip_for_now(
    browser: Browser, bob: User, optional: AccountPolicy
) -> None:
    assert browser.password(bob).url == PHONE
    assert "Skip for Now" in browser.get(PHONE).content.decode()


def test_under_required_there_is_no_such_button(enrolling: Browser) -> None:
    assert "Skip for Now" not in enrolling.get(PHONE).content.decode()


def test_skipping_logs_in_with_the_lower_label(
    browser: Browser, bob: User, optional: AccountPolicy
) -> None:
    browser.password(bob, next="/me/")
    assert browser.post(SKIP).url == "/me/"
    assert browser.signed_in
    assert browser.session["mfa_about"]["aal"] == 1
    assert AuditEvent.objects.filter(event=Event.SKIPPED, user=bob).count() == 1


def test_a_skip_is_remembered(browser: Browser, bob: User, optional: AccountPolicy) -> None:
    browser.password(bob)
    browser.post(SKIP)
    for _ in range(2):
        browser.post("/logout/")
        assert browser.password(bob).url == "/"


def test_an_offer_may_be_taken(browser: Browser, bob: User, optional: AccountPolicy) -> None:
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


def test_who_tries_again_and_again_does_not_fill_the_audit(enrolling: Browser) -> None:
    assert {enrolling.post(SKIP).status_code for _ in range(25)} == {403}
    assert AuditEvent.objects.filter(event=Event.STEP_REFUSED).count() == 20


def test_who_has_a_phone_cannot_skip_its_code(
    browser: Browser, alice: User, optional: AccountPolicy
) -> None:
    browser.password(alice)
    assert browser.post(SKIP).status_code == 403
    assert not browser.signed_in


def test_a_skip_does_not_count_once_it_is_required(
    browser: Browser, bob: User, optional: AccountPolicy
) -> None:
    """K18."""
    browser.password(bob)
    browser.post(SKIP)
    browser.post("/logout/")
    optional.enforcement = "required"
    optional.save()
    assert browser.password(bob).url == PHONE


def test_staff_are_never_offered_a_skip(
    browser: Browser, policy: AccountPolicy, optional: AccountPolicy
) -> None:
    staff = make_user("sam@example.org", is_staff=True)
    browser.password(staff)
    assert "Skip for Now" not in browser.get(PHONE).content.decode()
    assert browser.post(SKIP).status_code == 403


@pytest.mark.parametrize("field", ["skip", "may_skip", "enforcement"])
def test_a_form_field_does_not_make_it_optional(enrolling: Browser, field: str) -> None:
    """EN-06: the policy decides, not the form."""
    assert enrolling.post(SKIP, {field: "optional"}).status_code == 403
