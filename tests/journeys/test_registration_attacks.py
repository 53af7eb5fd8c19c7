"""Attacks on registration: pre-hijacked addresses, floods, and mail bombs (RG-04, reg1 to reg3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.signals import pre_save
from django.test import TestCase
from django.utils import timezone

from accounts.models import Organization, Registration, User
from accounts.organizations import invitations
from accounts.people import registration
from mfa import retention
from mfa.client import Client
from mfa.limits import table as limits
from mfa.limits.counters import TooMany
from mfa.messages import queue as deliveries
from mfa.models import AuditEvent, Delivery, Factor, OutboxMessage, Session, SitePolicy
from tests.accounts.people.hashers import CountingHasher
from tests.conftest import give_phone, make_user
from tests.invitations import accept, link_to
from tests.organizations import MANAGER, join, organization
from tests.portal_client import PASSWORD, Browser, code, codes
from tests.registration import ANN, CODE, NEW, NUMBER, open_site, prove, register, registered

EVIL = "a password of the stranger"
EVILS_NUMBER = "+447700900299"


@pytest.fixture
def site(policy: SitePolicy) -> SitePolicy:
    """The policy, with registration open for the site."""
    open_site()
    return policy


@pytest.fixture
def stranger(site: SitePolicy) -> Browser:
    """A browser that registered ann's address, with a password and a number of its own."""
    browser = Browser(REMOTE_ADDR="203.0.113.9")
    register(browser, password=EVIL, phone=EVILS_NUMBER, full_name="Eve")
    return browser


def by_registration(owner: Browser) -> None:
    register(owner)
    assert prove(owner).url == "/login/enroll/phone/"


def by_invitation(owner: Browser) -> None:
    manager = make_user("manager@example.org")
    give_phone(manager, "+447700900210")
    acme = organization("Acme")
    invitations.invite(join(manager, acme, role=MANAGER), acme, ANN, full_name="Ann Archer")
    with TestCase.captureOnCommitCallbacks(execute=True):
        deliveries.send_bulk()
    assert accept(owner, link_to()).url == "/login/enroll/phone/"


def by_reset(owner: Browser) -> None:
    """There is no account to reset, so nothing is mailed, and the owner registers."""
    before = OutboxMessage.objects.count()
    owner.post("/password/forgot/", {"email": ANN})
    assert OutboxMessage.objects.count() == before
    by_registration(owner)


PROOFS = (by_registration, by_invitation, by_reset)


@pytest.mark.parametrize("proof", PROOFS)
def test_nothing_of_a_stranger_outlives_the_owners_proof(
    browser: Browser, stranger: Browser, proof: Callable[[Browser], None]
) -> None:
    """RG-04, reg1 to reg3: password, number, name, pending code and session are gone."""
    strangers_code = code(ANN)
    proof(browser)
    ann = User.objects.get(email=ANN)
    assert ann.check_password(NEW)
    assert ann.full_name == "Ann Archer"
    assert not ann.factors.exclude(target=NUMBER).exists()
    assert not Registration.objects.exists()
    assert not stranger.signed_in
    assert stranger.get(CODE).url == "/login/"
    assert stranger.post(CODE, {"code": strangers_code}).url == "/login/"
    assert stranger.get("/login/enroll/phone/").url == "/login/"
    assert "do not match" in stranger.password(ann, EVIL).content.decode()
    assert not OutboxMessage.objects.filter(target=EVILS_NUMBER).exists()


def test_code_of_a_stranger_does_nothing_in_the_owners_browser(
    browser: Browser, stranger: Browser
) -> None:
    """The owner gets two emails and tries both codes."""
    register(browser)
    newest, strangers = codes(ANN)
    assert "That is not the code" in browser.post(CODE, {"code": strangers}).content.decode()
    assert browser.post(CODE, {"code": newest}).url == "/login/enroll/phone/"
    assert User.objects.get(email=ANN).check_password(NEW)


def test_owner_registers_over_an_account_that_nobody_has_proven(
    browser: Browser, other_browser: Browser, site: SitePolicy
) -> None:
    """RG-04: someone made it with a password, a number, devices and a session."""
    squatter = make_user(ANN, username="mallory", new_email="mallory@evil.example")
    Factor.objects.create(user=squatter, target=EVILS_NUMBER, confirmed_at=timezone.now())
    other_browser.password(squatter)
    assert Session.objects.filter(user=squatter).exists()
    by_registration(browser)
    ann = User.objects.get(pk=squatter.pk)
    assert (ann.check_password(PASSWORD), ann.check_password(NEW)) == (False, True)
    assert (ann.username, ann.new_email) == (None, "")
    assert [(row.target, row.status) for row in ann.factors.exclude(status="revoked")] == [
        (NUMBER, "proposed")
    ]
    assert (ann.session_epoch, ann.device_epoch) == (1, 1)
    assert other_browser.get("/login/verify/").url.startswith("/login/")


def test_database_has_no_registered_account_without_a_proof(site: SitePolicy) -> None:
    """reg2: a reset would ask for a code on the phone of the stranger who registered it."""
    with transaction.atomic(), pytest.raises(IntegrityError, match="user_registered_is_proven"):
        make_user(ANN, registered_at=timezone.now())
    assert make_user(ANN, **registered()).registered_at


def test_account_that_an_organization_looks_after_is_never_taken_over(
    browser: Browser, site: SitePolicy
) -> None:
    """Also before its first login."""
    join(make_user(ANN), organization("Acme"))
    register(browser)
    assert "already has an account" in OutboxMessage.objects.get().subject
    assert not codes(ANN)


def test_two_browsers_of_the_owner_make_one_account(
    browser: Browser, other_browser: Browser, site: SitePolicy
) -> None:
    register(browser)
    register(other_browser)
    second, first = codes(ANN)
    assert other_browser.post(CODE, {"code": second}).url == "/login/enroll/phone/"
    assert browser.post(CODE, {"code": first}).url == "/login/"
    assert User.objects.filter(email=ANN).count() == 1


def test_account_made_in_the_same_moment_is_not_taken_over(
    browser: Browser, site: SitePolicy
) -> None:
    register(browser)

    def make(instance: User, **_: object) -> None:
        pre_save.disconnect(make, User)
        User.objects.create_user(instance.email, EVIL)

    pre_save.connect(make, User)
    assert "You already have an account" in prove(browser).content.decode()
    assert not browser.signed_in


# Floods


def send(email: str, client: Client) -> bool:
    """Register without a page. Return whether it was accepted."""
    form = Registration(email=email, full_name="Ann", language="en")
    try:
        registration.begin(Browser().session, form, NEW, client=client)
    except TooMany:
        return False
    return True


@pytest.mark.parametrize("times", [200, pytest.param(10_000, marks=pytest.mark.full)])
@pytest.mark.parametrize("network", ["198.51.100.{}", "2001:db8:1:2::{:x}"])
def test_flood_from_one_network_costs_only_refusals(
    settings, site: SitePolicy, clock, network: str, times: int
) -> None:
    """Five an hour: no hash, no email and no row beyond, and the audit stays readable."""
    settings.PASSWORD_HASHERS = ["tests.accounts.people.hashers.CountingHasher"]
    before = CountingHasher.runs
    clients = (Client(network.format(number % 250 + 1), "bot") for number in range(times))
    sent = [send(f"person{number}@example.org", each) for number, each in enumerate(clients)]
    assert sum(sent) == 5
    assert CountingHasher.runs - before == 5
    assert Registration.objects.count() == Delivery.objects.count() == 5
    refused = AuditEvent.objects.filter(event="code_refused")
    assert refused.count() == limits.LATE_RECORDS.most
    assert {row.details["purpose"] for row in refused} == {"register"}


def test_sixth_registration_of_a_network_sees_when_to_try_again(site: SitePolicy) -> None:
    browsers = [Browser(REMOTE_ADDR=f"198.51.100.{number}") for number in range(1, 7)]
    answers = [
        register(browser, email=f"person{number}@example.org")
        for number, browser in enumerate(browsers)
    ]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 60
    page = answers[-1].content.decode()
    assert "Too many people registered from your network" in page
    assert "or ask the help desk." in page
    assert 'value="Ann Archer"' in page
    assert NEW not in page


def test_address_gets_three_emails_an_hour_and_ten_a_day(site: SitePolicy, clock) -> None:
    """A mail bomb from many networks, against a new and a known address alike."""
    make_user("known@example.org", last_login=timezone.now())
    for email in (ANN, "known@example.org"):
        sent = []
        for hour in range(6):
            clients = [Client(f"198.{hour}.{number}.{len(email)}", "bot") for number in range(5)]
            sent.append(sum(send(email, each) for each in clients))
            clock.shift(timedelta(hours=2))
        assert sent == [3, 3, 3, 1, 0, 0]
        assert Delivery.objects.filter(target=email).count() == 10


def test_repeated_code_counts_as_an_email(site: SitePolicy, clock) -> None:
    browser = Browser()
    register(browser)
    for seconds in (31, 61):
        clock.shift(seconds)
        assert browser.post(CODE).status_code == 302
    clock.shift(121)
    answer = browser.post(CODE)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 60
    assert Delivery.objects.count() == 3


def test_site_sends_2000_registration_emails_a_day_and_warns_at_half(
    site: SitePolicy, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.REGISTRATION_MAILS_A_DAY.most == 2000
    few = limits.Limit("registration-site", 4, limits.DAY)
    monkeypatch.setattr(limits, "REGISTRATION_MAILS_A_DAY", few)
    alerts = OutboxMessage.objects.filter(target=root.email, subject__contains="many people")
    accepted = []
    with TestCase.captureOnCommitCallbacks(execute=True):
        for number in range(6):
            client = Client(f"198.51.{number}.1", "bot")
            accepted.append(send(f"person{number}@example.org", client))
    assert accepted == [True] * 4 + [False] * 2
    assert "Registration emails within a day: 2" in alerts.get().body


def test_unproven_registration_goes_after_a_week(stranger: Browser, clock) -> None:
    """RG-01."""
    Registration.objects.update(created_at=timezone.now())
    clock.shift(timedelta(days=7) - timedelta(minutes=1))
    retention.prune()
    assert Registration.objects.count() == 1
    clock.shift(timedelta(minutes=2))
    retention.prune()
    assert not Registration.objects.exists()
    assert not User.objects.filter(email=ANN).exists()


def test_deleted_organization_takes_its_registrations_along(
    browser: Browser, policy: SitePolicy
) -> None:
    """Nobody who asked to join it becomes a person of the site instead."""
    place = organization("Maple Clinic", registration=True)
    register(browser, "/register/maple-clinic/")
    Organization.objects.filter(pk=place.pk).delete()
    assert prove(browser).url == "/login/"
    assert not User.objects.filter(email=ANN).exists()


def test_registered_accounts_do_not_pump_texts(site: SitePolicy, clock) -> None:
    """Thirty accounts from six networks ask for texts to one block, and verify none."""
    for number in range(30):
        if number % 5 == 0:
            clock.shift(timedelta(minutes=2))
        browser = Browser(REMOTE_ADDR=f"198.51.{number // 5}.{number % 5 + 1}")
        email, phone = f"bot{number}@example.org", f"+4477009{number:05}"
        register(browser, email=email, phone=phone)
        prove(browser, email)
        browser.post("/login/enroll/phone/", {"phone": phone})
    assert User.objects.filter(email__startswith="bot").count() == 30
    texts = OutboxMessage.objects.filter(channel="sms")
    assert texts.count() == limits.BLOCK_UNCONFIRMED.most
