"""A changed number that is saved first (K7, C13-C17): the old one works until the new one does."""

import re

import pytest
from django.utils import timezone

from accounts.models import User
from mfa import factors
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Challenge, Event, Factor, OutboxMessage, SitePolicy
from mfa.models.factors import Status
from tests.authenticator import SECRET, give_app, shows
from tests.journeys.conftest import NEW_NUMBER
from tests.journeys.statements import CountingBrowser
from tests.organizations import settings as store
from tests.portal_client import Browser, code, codes

OLD = "+447700900201"
PHONE = "/me/phone/"
ENROLL = "/login/enroll/phone/"


@pytest.fixture
def saved(home: Browser, alice: User, policy: SitePolicy) -> Browser:
    """Alice saved a new number, did not enter its code, and logged out."""
    store(policy, number_change="save_then_verify", after_enrollment="continue")
    home.post(PHONE, {"phone": NEW_NUMBER})
    home.post("/logout/")
    return home


@pytest.fixture
def asked(saved: Browser, alice: User) -> Browser:
    """Alice at her next login, after the code of the old number."""
    saved.log_in(alice)
    return saved


def numbers(user: User) -> dict[str, str]:
    return dict(user.factors.exclude(status=Status.REVOKED).values_list("target", "status"))


def test_note_beside_the_number_leads_to_the_change(home: Browser) -> None:
    """C13: a native disclosure, which works by keyboard and without script."""
    page = home.get("/me/").content.decode()
    note = re.search(r"<details[^>]*>\s*<summary>\?.*?</details>", page, re.DOTALL)
    assert note
    assert "About your mobile number" in note[0]
    assert re.search(r'<a href="/me/phone/">here</a>', note[0])


def test_number_is_saved_and_shown_and_its_code_verifies_it(
    home: Browser, alice: User, policy: SitePolicy
) -> None:
    """C14, C15, C03: one text to the new number, and a notice only once it is verified."""
    store(policy, number_change="save_then_verify")
    home.post(PHONE, {"phone": NEW_NUMBER})
    assert numbers(alice) == {OLD: Status.ACTIVE, NEW_NUMBER: Status.PROPOSED}
    assert len(codes(NEW_NUMBER)) == 1
    assert not OutboxMessage.objects.filter(body__contains="no longer").exists()
    assert Challenge.objects.get(target=NEW_NUMBER).purpose == "change"
    assert "and did not verify it yet" in home.get("/me/").content.decode()
    assert 'value="+44 7700 900250"' in home.get(PHONE).content.decode()
    home.post("/me/phone/verify/", {"code": code(NEW_NUMBER)})
    assert numbers(alice) == {NEW_NUMBER: Status.ACTIVE}
    assert OutboxMessage.objects.filter(target=OLD, body__contains="no longer").exists()
    assert "and did not verify it yet" not in home.get("/me/").content.decode()


def test_next_login_asks_for_the_saved_number(asked: Browser, alice: User) -> None:
    """C16: after the code of the old number. Nothing is texted before the click."""
    assert not asked.signed_in
    assert len(codes(OLD)) == 2
    assert len(codes(NEW_NUMBER)) == 1
    page = asked.get(ENROLL).content.decode()
    assert "You saved a new number and did not verify it yet." in page
    assert 'value="+44 7700 900250"' in page
    assert asked.get("/me/").url == "/login/?next=/me/"
    asked.post(ENROLL, {"phone": NEW_NUMBER})
    asked.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    assert asked.signed_in
    assert numbers(alice) == {NEW_NUMBER: Status.ACTIVE}
    # Asking for its code again did not save it again.
    assert AuditEvent.objects.filter(event="number_saved").count() == 1


def test_app_added_meanwhile_does_not_make_the_number_forgotten(
    saved: Browser, alice: User
) -> None:
    give_app(alice)
    saved.password(alice)
    saved.post("/login/verify/", {"code": shows(SECRET)})
    assert not saved.signed_in
    assert "You saved a new number" in saved.get(ENROLL).content.decode()
    saved.post(ENROLL, {"phone": NEW_NUMBER})
    saved.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    assert saved.signed_in


def test_typed_number_is_left_behind_by_an_app(browser: Browser, bob: User) -> None:
    """A number from before the first factor, such as an imported landline."""
    factors.propose_phone(bob, NEW_NUMBER, client=NOWHERE)
    policy = SitePolicy.load()
    store(policy, number_change="save_then_verify")
    give_app(bob)
    User.objects.filter(pk=bob.pk).update(ever_bound_at=timezone.now())
    browser.password(bob)
    browser.post("/login/verify/", {"code": shows(SECRET)})
    assert browser.signed_in


def test_another_number_can_be_verified_instead(asked: Browser, alice: User) -> None:
    """C17: the old number answered, so the new one can change."""
    asked.post(ENROLL, {"phone": "07700 900260"})
    asked.post("/login/enroll/verify/", {"code": code("+447700900260")})
    assert asked.signed_in
    assert numbers(alice) == {"+447700900260": Status.ACTIVE}


def test_old_number_can_stay(asked: Browser, alice: User) -> None:
    asked.post(ENROLL, {"keep": "1"})
    assert asked.signed_in
    assert numbers(alice) == {OLD: Status.ACTIVE}
    assert AuditEvent.objects.filter(event=Event.NUMBER_DROPPED).exists()
    asked.post(PHONE, {"keep": "1"})
    assert AuditEvent.objects.filter(event=Event.NUMBER_DROPPED).count() == 1
    asked.post("/logout/")
    asked.log_in(alice)
    assert asked.signed_in


def test_saved_number_is_no_way_in(saved: Browser, alice: User) -> None:
    """With the password and the new number only: no code goes there, and none of it counts."""
    saved.password(alice)
    assert len(codes(NEW_NUMBER)) == 1
    page = saved.get("/login/choose/").content.decode()
    assert "50" not in re.findall(r"number ending (\d\d)", page)
    assert saved.get(ENROLL).url == "/login/verify/"
    assert saved.post(ENROLL, {"phone": NEW_NUMBER}).url == "/login/verify/"
    assert saved.post(ENROLL, {"keep": "1"}).url == "/login/verify/"
    saved.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert not saved.signed_in
    assert numbers(alice)[NEW_NUMBER] == Status.PROPOSED


def test_lost_old_phone_leads_through_email_to_the_saved_number(
    saved: Browser, alice: User
) -> None:
    """C17: without the old number, a code by email comes first."""
    saved.password(alice)
    saved.post("/login/lost/")
    assert saved.get(ENROLL).url == "/login/mailbox/"
    saved.post("/login/mailbox/", {"send": "1"})
    saved.post("/login/mailbox/", {"code": code(alice.email)})
    page = saved.get(ENROLL).content.decode()
    assert 'value="+44 7700 900250"' in page
    # The old number is lost, so it cannot stay.
    assert 'name="keep"' not in page
    saved.post(ENROLL, {"keep": "1"})
    assert numbers(alice)[NEW_NUMBER] == Status.PROPOSED
    saved.post(ENROLL, {"phone": NEW_NUMBER})
    saved.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    assert numbers(alice) == {NEW_NUMBER: Status.ACTIVE}


def test_number_that_was_never_a_factor_is_not_due(
    home: Browser, alice: User, policy: SitePolicy
) -> None:
    """A number from the registration is older than the phone that the person set up."""
    store(policy, number_change="save_then_verify")
    earlier = alice.factors.get().confirmed_at - timezone.timedelta(days=1)
    Factor.objects.create(
        user=alice, target="+447700900299", status=Status.PROPOSED, confirmed_at=earlier
    )
    home.post("/logout/")
    home.log_in(alice)
    assert home.signed_in


def test_reading_the_saved_number_costs_no_statement(db: None, alice: User) -> None:
    seen = []
    for _ in range(2):
        browser = CountingBrowser()
        browser.password(alice)
        browser.post("/login/verify/", {"code": code(OLD)})
        seen.append([len(each.reads) for each in browser.log])
        SitePolicy.note(number_change="save_then_verify")
    assert seen[0] == seen[1]


def test_every_reason_against_a_number_is_shown(home: Browser, policy: SitePolicy) -> None:
    """C17: the country and the texts that are down, in one answer."""
    store(policy, enroll_countries=["FR"])
    policy.health.texts_rest_since = timezone.now()
    policy.health.save()
    page = home.post(PHONE, {"phone": NEW_NUMBER}).content.decode()
    assert "Country not supported" in page
    assert "We can&#x27;t send texts right now." in page
