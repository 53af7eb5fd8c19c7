"""“Enable MFA” in the menu, its page, and the login after it (D15, D16, D17, K17)."""

import pytest

from accounts.models import User
from mfa.models import AuditEvent, Event, SitePolicy
from tests.conftest import make_user
from tests.organizations import join, organization
from tests.portal_client import Browser, code
from tests.stations import NEW_NUMBER, PHONE

PAGE, ENTRY = "/me/enable-mfa/", "Enable MFA"


def offers(browser: Browser) -> bool:
    """Whether the menu has the entry. The page answers just to those whose menu has it."""
    entry = ENTRY in browser.get("/").content.decode()
    assert browser.get(PAGE).status_code == (200 if entry else 404)
    return entry


def test_skipper_enables_mfa_and_the_next_login_enrolls(skipped: Browser, bob: User) -> None:
    for _ in range(2):
        skipped.post("/logout/")
        assert skipped.password(bob).url == "/"
    assert offers(skipped)
    assert 'href="/"' in skipped.get(PAGE).content.decode().split("Cancel")[0][-60:]
    assert skipped.signed_in

    login = skipped.post(PAGE, follow=True)
    assert not skipped.signed_in
    shown = login.content.decode()
    assert "Log in again to set up two-step verification." in shown
    assert f'value="{bob.email}"' in shown
    assert AuditEvent.objects.filter(event=Event.SETUP_CHOSEN, user=bob).count() == 1

    assert skipped.password(bob).url == PHONE
    skipped.post(PHONE, {"phone": NEW_NUMBER})
    skipped.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    skipped.log_in(bob)
    assert not offers(skipped)


def test_cancel_changes_nothing(skipped: Browser, bob: User) -> None:
    before = User.objects.values().get(pk=bob.pk)
    skipped.get(PAGE)
    assert skipped.get("/").status_code == 200
    assert User.objects.values().get(pk=bob.pk) == before
    skipped.post("/logout/")
    assert skipped.password(bob).url == "/"


def test_enabling_gives_no_new_skips_where_they_are_counted(
    skipped: Browser, bob: User, policy: SitePolicy
) -> None:
    """K8: otherwise this page would make any count endless."""
    SitePolicy.note(most_skips=2)
    skipped.post(PAGE)
    skipped.password(bob)
    assert skipped.post("/login/skip/").url == "/"
    skipped.post(PAGE)
    assert skipped.password(bob).url == PHONE
    assert skipped.post("/login/skip/").status_code == 403


def test_person_who_logged_in_before_mfa_was_required_is_offered_it(
    browser: Browser, bob: User, policy: SitePolicy
) -> None:
    """K17: policy enabling asks people at their next login; they can be earlier."""
    SitePolicy.note(enabled=False)
    browser.password(bob)
    assert not offers(browser)
    assert browser.post(PAGE).status_code == 404
    SitePolicy.note(enabled=True)
    assert offers(browser)


def test_people_with_a_factor_are_not_offered_it(home: Browser, alice: User) -> None:
    assert not offers(home)
    assert home.post(PAGE).status_code == 404
    assert home.signed_in
    alice.factors.update(status="revoked")
    assert not offers(home)


@pytest.mark.parametrize(("enforcement", "status"), [("off", 404), ("optional", 200)])
def test_organization_decides_whether_its_people_are_offered_it(
    browser: Browser, policy: SitePolicy, enforcement: str, status: int
) -> None:
    """Under `off` the next login asks for nothing, so the entry would promise too much."""
    SitePolicy.note(may_relax_to="off")
    dan = make_user("dan@example.org")
    join(dan, organization("Acme", enforcement=enforcement))
    if browser.password(dan).url == PHONE:
        browser.post("/login/skip/")
    assert offers(browser) is (status == 200)
    assert browser.get(PAGE).status_code == status
