"""C03 to C08: someone registers, proves the email and then the phone, and logs in."""

import re

import pytest

from accounts.models import Membership, Registration, User
from accounts.organizations import members
from mfa.models import AuditEvent, OutboxMessage, SitePolicy
from tests.accounts.views.test_login import look
from tests.conftest import make_user
from tests.organizations import MANAGER, join
from tests.portal_client import Browser, code
from tests.registration import (
    ANN,
    CLINIC,
    CODE,
    NEW,
    NUMBER,
    clinic,
    open_site,
    prove,
    register,
)

PHONE, VERIFY = "/login/enroll/phone/", "/login/enroll/verify/"


def texts() -> int:
    return OutboxMessage.objects.filter(channel="sms").count()


@pytest.mark.parametrize("after", ["login_again", "continue", "finish"])
def test_patient_registers_at_clinic_and_logs_in(
    browser: Browser, policy: SitePolicy, after: str
) -> None:
    """C03 to C08, K1: form, emailed code, number, texted code, and what the policy says next."""
    place = clinic(after_enrollment=after)
    assert "Register at Maple Clinic" in browser.get(CLINIC).content.decode()
    assert register(browser, CLINIC).url == CODE
    page = browser.get(CODE).content.decode()
    assert "We emailed <strong>ann@example.org</strong>." in page
    assert not User.objects.filter(email=ANN).exists()
    assert prove(browser).url == PHONE
    ann = User.objects.get(email=ANN)
    assert ann.mailbox_proven_at
    assert list(Membership.objects.values_list("user", "organization", "role")) == [
        (ann.pk, place.pk, "member")
    ]
    # C05, C06: the number is filled in, and nothing is texted before the click.
    assert 'value="+44 7700 900260"' in browser.get(PHONE).content.decode()
    assert (texts(), browser.signed_in) == (0, False)
    assert browser.post(PHONE, {"phone": "+44 7700 900260"}).url == VERIFY
    assert texts() == 1
    browser.get(VERIFY)
    # C07
    answer = browser.post(VERIFY, {"code": code(NUMBER)})
    phone = ann.factors.get()
    assert (phone.target, phone.status) == (NUMBER, "active")
    if after == "finish":
        assert answer.url == "/login/enroll/done/"
        browser.post(answer.url)
    assert browser.signed_in is (after != "login_again")
    # C08
    later = Browser()
    later.password(ann, NEW)
    later.post("/login/verify/", {"code": code(NUMBER)})
    assert later.signed_in
    # C03
    asked = AuditEvent.objects.filter(event="code_sent").order_by("pk")
    assert [row.details["purpose"] for row in asked] == ["register", "enroll", "login"]
    assert not Registration.objects.exists()


def test_person_registers_for_the_site(browser: Browser, policy: SitePolicy) -> None:
    """The account has a standing of its own, and belongs to no organization."""
    open_site()
    assert '<a class="action" href="/register/">' in browser.get("/login/").content.decode()
    register(browser)
    assert prove(browser).url == PHONE
    ann = User.objects.get(email=ANN)
    assert ann.registered_at
    assert ann.home is None
    assert ann.may_log_in
    registered = AuditEvent.objects.get(event="registered")
    assert (registered.user_id, registered.details) == (ann.pk, {"purpose": "register"})


def test_without_second_step_registration_leads_to_login(
    browser: Browser, policy: SitePolicy
) -> None:
    """RV-03: an emailed code never logs in."""
    open_site()
    SitePolicy.objects.update(enabled=False)
    register(browser)
    answer = prove(browser)
    assert answer.url == "/login/?notice=registered"
    page = browser.get(answer.url).content.decode()
    assert "registered. Log in with your password." in page
    assert f'value="{ANN}"' in page
    assert not browser.signed_in
    browser.password(User.objects.get(email=ANN), NEW)
    assert browser.signed_in


def test_email_of_registration_has_code_and_no_link(browser: Browser, policy: SitePolicy) -> None:
    """C05: also the name of the organization, so people know what they join."""
    clinic()
    register(browser, CLINIC)
    mail = OutboxMessage.objects.get()
    assert mail.target == ANN
    assert mail.subject == "Acme Portal: your code to register"
    assert "You become a member of Maple Clinic." in mail.body
    assert re.search(r"\b\d{6} is your code to register\.", mail.body)
    assert "/register" not in mail.body
    assert "Ann" not in mail.body
    assert "Questions? Ask the help desk." in mail.body


def test_code_can_be_sent_again(browser: Browser, policy: SitePolicy, clock) -> None:
    """K20: the same code after a pause, a new one when it is about to expire."""
    open_site()
    register(browser)
    assert browser.post(CODE).status_code == 429
    first = code(ANN)
    clock.shift(31)
    assert browser.post(CODE).url == CODE
    assert code(ANN) == first
    clock.shift(9 * 60)
    browser.post(CODE)
    assert code(ANN) != first
    assert "That code was replaced" in browser.post(CODE, {"code": first}).content.decode()
    assert prove(browser).url == PHONE


def test_abandoned_setup_continues_at_the_next_login(browser: Browser, policy: SitePolicy) -> None:
    """C11: the number is filled in again, can be edited, and gets no text before the click."""
    open_site()
    register(browser)
    prove(browser)
    later = Browser()
    assert later.password(User.objects.get(email=ANN), NEW).url == PHONE
    assert 'value="+44 7700 900260"' in later.get(PHONE).content.decode()
    assert texts() == 0
    later.post(PHONE, {"phone": "+44 7700 900261"})
    later.post(VERIFY, {"code": code("+447700900261")})
    assert [row.target for row in User.objects.get(email=ANN).factors.all()] == ["+447700900261"]
    assert not OutboxMessage.objects.filter(target=NUMBER).exists()


def test_manager_helps_a_registered_member_but_not_a_person_of_the_site(
    browser: Browser, other_browser: Browser, policy: SitePolicy, alice: User
) -> None:
    """K10: a member has no standing beside the membership, which the manager can end."""
    open_site()
    alice = join(alice, clinic(), role=MANAGER)
    register(browser, CLINIC)
    prove(browser)
    register(other_browser, email="eve@example.org")
    prove(other_browser, "eve@example.org")
    ann, eve = (User.objects.get(email=email) for email in (ANN, "eve@example.org"))
    assert (alice.looks_after(ann), alice.looks_after(eve)) == (True, False)
    members.end(alice, ann.home)
    assert not User.objects.get(pk=ann.pk).may_log_in
    assert eve.may_log_in


@pytest.mark.usefixtures("clock")
def test_username_is_asked_for_and_given_if_it_is_free(policy: SitePolicy) -> None:
    """C20, LG-03: a taken one looks the same until the email is proven, and never blocks."""
    SitePolicy.note(login_with="username")
    open_site()
    make_user("other@example.org", username="ann")
    seen = []
    for email, username in ((ANN, "Ann"), ("zoe@example.org", "Zoe")):
        visitor = Browser(REMOTE_ADDR="10.0.0.7")
        assert ">Username</label>" in visitor.get("/register/").content.decode()
        assert "Enter a username." in register(visitor, email=email, username="").content.decode()
        seen.append(look(register(visitor, email=email, username=username), email))
        assert prove(visitor, email).url == PHONE
        shown = visitor.get(PHONE).content.decode()
        assert ("The username ann is not available." in shown) is (username == "Ann")
    assert seen[0] == seen[1]
    assert User.objects.get(email=ANN).username is None
    assert User.objects.get(email="zoe@example.org").username == "zoe"
    for name in (ANN, "ZOE"):
        answer = Browser().post("/login/", {"email": name, "password": NEW})
        assert answer.url == PHONE


def test_username_is_optional_where_people_log_in_with_either(
    browser: Browser, policy: SitePolicy
) -> None:
    SitePolicy.note(login_with="either")
    open_site()
    assert ">Username (optional)</label>" in browser.get("/register/").content.decode()
    assert register(browser, username="").url == CODE
