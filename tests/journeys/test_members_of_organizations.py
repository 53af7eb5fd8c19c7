"""A member's life under the rules of an organization, and what its managers change in it."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Organization, User
from accounts.people import resets
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event, OutboxMessage, SitePolicy
from tests.conftest import give_phone, make_user
from tests.journeys.conftest import NEW_NUMBER, PHONE
from tests.organizations import MANAGER, join, organization, settings
from tests.portal_client import Browser, code
from tests.stations import mailed_link

CLINIC, DONE, MAILBOX = "/organizations/clinic/", "/login/enroll/done/", "/login/mailbox/"
VERIFY = "/login/verify/"
RESET = {"reason": "lost phone", "identified": "in_person"}


@pytest.fixture
def clinic(policy: SitePolicy) -> Organization:
    """A partner's client, as the preset for organizations fills its rules."""
    settings(policy, may_relax_to="off")
    return organization(
        "Clinic", organization("Partner"), enforcement="required", after_enrollment="finish"
    )


@pytest.fixture
def boss(other_browser: Browser, clinic: Organization, charlie: User) -> Browser:
    """A manager of the partner, logged in."""
    join(charlie, clinic.parent, role=MANAGER)
    other_browser.log_in(charlie)
    return other_browser


def page(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def page_of(user: User) -> str:
    return f"{CLINIC}people/{Membership.objects.get(user=user).pk}/"


def enroll(browser: Browser) -> str:
    """Enter a number and its code, and return the next address."""
    browser.post(PHONE, {"phone": NEW_NUMBER})
    return browser.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)}).url


def log_in_again(browser: Browser, user: User) -> str:
    browser.post("/logout/")
    return browser.password(user).url


def test_member_enrolls_once_and_needs_just_the_code_later(
    browser: Browser, bob: User, clinic: Organization
) -> None:
    """D06-D09, D16, K13: the first password starts it, “Finish” ends it."""
    join(bob, clinic)
    assert browser.password(bob).url == PHONE
    form = page(browser, PHONE)
    assert 'name="phone"' in form
    assert "For example 07400 123456" in form
    assert "Send Verification Code" in form
    assert "Skip for Now" not in form
    assert enroll(browser) == DONE
    assert "Finish" in page(browser, DONE)
    assert browser.get("/me/").status_code == 302
    browser.post(DONE)
    details = page(browser, "/me/")
    assert "<h1>My Details</h1>" in details
    assert "Multi-factor Authentication" in details
    assert "Enable MFA" not in details
    assert log_in_again(browser, bob) == VERIFY
    assert browser.post(VERIFY, {"code": code(NEW_NUMBER)}).url == "/"
    assert browser.signed_in


@pytest.mark.parametrize("enforcement", ["required", "optional"])
def test_no_page_opens_between_a_reset_and_the_next_setup(
    browser: Browser, boss: Browser, alice: User, clinic: Organization, enforcement: str
) -> None:
    """E15, D18, pol1: by the partner's manager. An opt-out does not make the password enough."""
    settings(clinic.own, enforcement=enforcement)
    join(alice, clinic)
    browser.log_in(alice)
    answer = boss.post(f"{page_of(alice)}reset/", RESET, follow=True)
    assert "Two-step verification of this person is reset." in answer.content.decode()
    assert browser.get("/me/").status_code == 302
    for _ in range(2):
        assert log_in_again(browser, alice) == MAILBOX
        assert browser.post("/login/skip/").status_code == 403
        assert browser.get("/me/").status_code == 302
    browser.post(MAILBOX)
    assert browser.post(MAILBOX, {"code": code(alice.email)}).url == PHONE
    assert browser.post("/login/skip/").status_code == 403
    assert enroll(browser) == DONE
    browser.post(DONE)
    assert browser.signed_in
    assert log_in_again(browser, alice) == VERIFY


def test_stricter_rules_end_no_membership_and_apply_to_managers(
    browser: Browser, alice: User, bob: User, clinic: Organization
) -> None:
    """pol3: everyone stays, and the manager who asks is asked too."""
    join(alice, clinic, role=MANAGER)
    join(bob, clinic)
    browser.log_in(alice)
    before = list(Membership.objects.order_by("pk").values())
    rules = f"{CLINIC}security/"
    browser.post(rules, {"confirmed": "1"})
    preview = browser.post(rules, {"enabled": "on"}).content.decode()
    assert "2 people will be asked to set up a phone at their next login" in preview
    browser.post(rules, {"enabled": "on", "confirmed": "1"})
    assert list(Membership.objects.order_by("pk").values()) == before
    assert log_in_again(browser, alice) == VERIFY
    assert browser.post(VERIFY, {"code": code("+447700900201")}).url == PHONE
    for form in (PHONE, "/login/enroll/"):
        assert "Everyone sets up two-step verification again now." in page(browser, form)
    assert not browser.signed_in
    assert browser.password(bob).url == PHONE


@pytest.mark.parametrize("codes", ["login", "recovery", "off"])
def test_email_codes_alone_rule_the_address_of_the_account(
    browser: Browser, alice: User, clinic: Organization, codes: str
) -> None:
    """K4, K5: the methods do not list the address, and never decide about it."""
    settings(clinic.own, methods=["phone"], email_codes=codes)
    join(alice, clinic)
    browser.password(alice)
    logs_in = codes == "login"
    assert ("Send code to email" in page(browser, VERIFY)) is logs_in
    browser.post("/login/verify/email/")
    assert OutboxMessage.objects.filter(target=alice.email).exists() is logs_in


def test_no_helper_moves_the_email_that_codes_go_to(
    browser: Browser, boss: Browser, alice: User, root: User, clinic: Organization
) -> None:
    """org5: an emailed code is all that is left, and the password is still not enough."""
    join(alice, clinic)
    boss.post(f"{page_of(alice)}reset/", RESET)
    admin = Browser()
    admin.log_in(root)
    for helper, path in (
        (boss, page_of(alice)),
        (admin, f"/admin/accounts/user/{alice.pk}/change/"),
    ):
        helper.post(path, {"full_name": "Alice", "email": "evil@example.org", "is_active": "on"})
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    assert browser.password(alice).url == MAILBOX
    browser.post(MAILBOX)
    assert code(alice.email)
    assert not OutboxMessage.objects.filter(target="evil@example.org").exists()


# org1: what was open when the organization was turned off


def turn_off(clinic: Organization) -> None:
    Organization.objects.filter(pk=clinic.pk).update(is_active=False)


def test_link_to_set_the_password_is_dead_once_organization_is_off(
    browser: Browser, bob: User, root: User, clinic: Organization
) -> None:
    """org1: the link, the form behind it, and a request for a new one."""
    join(bob, clinic)
    password = bob.password
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert resets.send(bob, client=NOWHERE, by=root.pk)
    link = "/password/reset/{}/{}/".format(*mailed_link())
    opened = Browser()
    assert opened.post(link).url == "/password/new/"
    turn_off(clinic)
    sent = OutboxMessage.objects.count()
    assert browser.get(link).status_code == 410
    new = {"new_password1": "another long enough one", "new_password2": "another long enough one"}
    opened.post("/password/new/", new)
    browser.post("/password/forgot/", {"email": bob.email})
    bob.refresh_from_db()
    assert bob.password == password
    assert not opened.signed_in
    assert OutboxMessage.objects.count() == sent


def test_step_up_ends_once_organization_is_off(
    clock: time_machine.Traveller, browser: Browser, alice: User, clinic: Organization
) -> None:
    """org1: the right code of an open step-up confirms nothing any more."""
    join(alice, clinic)
    browser.log_in(alice)
    clock.shift(timedelta(minutes=10))
    assert browser.post("/me/confirm/", {"next": "/me/phone/"}).url == VERIFY
    turn_off(clinic)
    answer = browser.post(VERIFY, {"code": code("+447700900201")})
    assert answer.url == "/login/"
    assert browser.get("/me/phone/").url.startswith("/login/")


def test_managers_of_a_partner_that_is_off_see_no_client(
    boss: Browser, alice: User, clinic: Organization
) -> None:
    """org1: also with a membership of their own elsewhere, which keeps them logged in."""
    charlie = User.objects.get(full_name="Charlie")
    join(charlie, organization("School"))
    join(alice, clinic)
    assert boss.get(f"{CLINIC}people/").status_code == 200
    turn_off(clinic.parent)
    assert boss.get("/me/").status_code == 200
    assert boss.get(f"{CLINIC}people/").status_code == 404
    assert boss.post(f"{page_of(alice)}reset/", RESET).status_code == 404
    assert alice.factors.usable().exists()


# A manager's search


def searched(browser: Browser, term: str) -> tuple[str, int]:
    """Return the page without its token, and how many statements it took."""
    with CaptureQueriesContext(connection) as seen:
        answer = browser.get(f"{CLINIC}people/", {"q": term})
    assert answer.status_code == 200
    return answer.content.decode().split("<main")[1].split("</main>")[0], len(seen)


def test_search_answers_alike_for_strangers_and_nobody(boss: Browser, clinic: Organization) -> None:
    """AZ-02: the same page by the same statements, which tells nothing about who has an account."""
    terms = ("zoe", "zoe@example.org", "+447700900277", "0277", "Zoe Zimmer")
    before = [searched(boss, term) for term in terms for _ in range(2)]
    assert all("No one found." in said for said, _number in before)
    zoe = make_user("zoe@example.org", full_name="Zoe Zimmer")
    give_phone(zoe, "+447700900277")
    join(zoe, organization("School"))
    assert [searched(boss, term) for term in terms for _ in range(2)] == before


def test_person_who_became_staff_is_beyond_managers(
    boss: Browser, alice: User, clinic: Organization
) -> None:
    """org8: the form for a number was open when an administrator made the person staff."""
    join(alice, clinic)
    form = f"{page_of(alice)}number/"
    assert boss.get(form).status_code == 200
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert boss.post(form, {"phone": NEW_NUMBER, "reason": "new phone"}).status_code == 403
    assert alice.factors.usable().get(kind="phone").target == "+447700900201"
    assert AuditEvent.objects.filter(event=Event.ORGANIZATION_REFUSED).exists()
