"""Logins under the rules of organizations: skips, deadlines, a new start, new devices (K8, K9)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership, Organization, User
from mfa.audit import NOWHERE
from mfa.factors import recovery_codes
from mfa.models import Factor, OutboxMessage, SitePolicy
from mfa.models.channel_health import mail_config
from tests.journeys.conftest import NEW_NUMBER, PHONE
from tests.journeys.statements import CountingBrowser
from tests.journeys.test_budget import MOST_READS, MOST_WRITES, log_in, table
from tests.organizations import join, organization, settings
from tests.portal_client import Browser, code

SKIP, MAILBOX = "/login/skip/", "/login/mailbox/"


@pytest.fixture
def relaxed(policy: SitePolicy) -> SitePolicy:
    """A site that lets organizations decide."""
    settings(policy, may_relax_to="off")
    return policy


def login_again(browser: Browser, user: User) -> str:
    browser.post("/logout/")
    return browser.password(user).url


def test_login_with_three_levels_stays_within_its_budget(alice: User, policy: SitePolicy) -> None:
    partner = organization("Partner")
    settings(partner.for_clients, code_life_minutes=5)
    join(alice, organization("Client", partner, session_idle_minutes=20))
    for browser in (CountingBrowser(), CountingBrowser()):
        log_in(browser, alice)
        reads = sum(len(seen.reads) for seen in browser.log)
        writes = sum(len(seen.writes) for seen in browser.log)
        assert reads <= MOST_READS + 1, table(browser.log)
        assert writes <= MOST_WRITES, table(browser.log)


def test_skips_are_counted_until_none_is_left(
    browser: Browser, bob: User, relaxed: SitePolicy
) -> None:
    join(bob, organization("Clinic", enforcement="optional", most_skips=2))
    for _ in range(2):
        assert login_again(browser, bob) == PHONE
        assert browser.post(SKIP).url == "/"
    assert login_again(browser, bob) == PHONE
    assert "Skip for Now" not in browser.get(PHONE).content.decode()
    assert browser.post(SKIP).status_code == 403
    assert not browser.signed_in


def test_setup_cannot_be_skipped_after_date(
    browser: Browser, bob: User, relaxed: SitePolicy
) -> None:
    clinic = organization("Clinic", enforcement="optional")
    settings(clinic.own, skips_until=timezone.now() + timedelta(hours=1))
    join(bob, clinic)
    for _ in range(2):
        assert login_again(browser, bob) == PHONE
        assert browser.post(SKIP).url == "/"
    settings(clinic.own, skips_until=timezone.now())
    login_again(browser, bob)
    assert browser.post(SKIP).status_code == 403


def test_page_names_the_day_until_which_setup_can_be_skipped(
    browser: Browser, bob: User, relaxed: SitePolicy
) -> None:
    deadline = timezone.now() + timedelta(days=3)
    join(bob, organization("Clinic", enforcement="optional", deadline=deadline))
    browser.password(bob)
    day = f"{timezone.localtime(deadline):%-d %B %Y}"
    for page in (PHONE, "/login/enroll/"):
        assert f"You can skip this until {day}." in browser.get(page).content.decode()


def test_skip_before_requirement_is_forgotten(
    browser: Browser, bob: User, relaxed: SitePolicy
) -> None:
    """K18."""
    clinic = organization("Clinic", enforcement="optional")
    join(bob, clinic)
    browser.password(bob)
    browser.post(SKIP)
    assert login_again(browser, bob) == "/"
    settings(clinic.own, skips_from=timezone.now())
    assert login_again(browser, bob) == PHONE
    browser.post(SKIP)
    assert login_again(browser, bob) == "/"


def test_factor_from_before_new_start_leads_to_setup(
    browser: Browser, alice: User, relaxed: SitePolicy
) -> None:
    """K9: the password and the old phone open the setup, and nothing else."""
    clinic = organization("Clinic", after_enrollment="continue")
    join(alice, clinic)
    settings(clinic.own, enroll_again_from=timezone.now())
    number = alice.factors.get().target
    browser.password(alice)
    assert browser.get(PHONE).status_code == 302
    browser.post("/login/verify/", {"code": code(number)})
    assert not browser.signed_in
    assert browser.get("/me/").status_code == 302
    browser.post(PHONE, {"phone": NEW_NUMBER})
    browser.post("/login/enroll/verify/", {"code": code(NEW_NUMBER)})
    assert browser.signed_in
    browser.post("/logout/")
    browser.password(alice)
    browser.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert browser.signed_in


def test_same_number_can_be_set_up_again(
    browser: Browser, alice: User, relaxed: SitePolicy
) -> None:
    clinic = organization("Clinic", after_enrollment="continue")
    join(alice, clinic)
    settings(clinic.own, enroll_again_from=timezone.now())
    number = alice.factors.get().target
    browser.password(alice)
    browser.post("/login/verify/", {"code": code(number)})
    OutboxMessage.objects.all().delete()
    browser.post(PHONE, {"phone": number})
    browser.post("/login/enroll/verify/", {"code": code(number)})
    assert browser.signed_in


def test_recovery_code_does_not_log_in_past_new_start(
    browser: Browser, alice: User, relaxed: SitePolicy
) -> None:
    typed = recovery_codes.make(alice, client=NOWHERE)[0]
    clinic = organization("Clinic")
    join(alice, clinic)
    settings(clinic.own, enroll_again_from=timezone.now())
    browser.password(alice)
    browser.post("/login/recovery-code/", {"code": typed})
    assert not browser.signed_in
    assert browser.get("/login/enroll/").status_code in {200, 302}


def test_new_start_is_one_row(alice: User, charlie: User, relaxed: SitePolicy) -> None:
    """No factor is touched, however many people it concerns."""
    clinic = organization("Clinic")
    join(alice, clinic)
    before = list(Factor.objects.order_by("pk").values())
    settings(clinic.own, enroll_again_from=timezone.now())
    assert list(Factor.objects.order_by("pk").values()) == before
    assert User.objects.get(pk=charlie.pk).mfa_policy.enroll_again_from is None


def test_new_device_needs_email_from_person_who_skipped(
    browser: Browser, other_browser: Browser, bob: User, relaxed: SitePolicy
) -> None:
    settings(relaxed.health, mail_test_config=mail_config(), mail_tested_at=timezone.now())
    join(bob, organization("Clinic", enforcement="optional", new_device_email=True))
    assert browser.password(bob).url == MAILBOX
    assert browser.post(SKIP).status_code == 403
    browser.post(MAILBOX)
    browser.post(MAILBOX, {"code": code(bob.email)})
    browser.post(SKIP)
    assert browser.signed_in
    assert login_again(browser, bob) == "/"
    assert other_browser.password(bob).url == MAILBOX


@pytest.mark.parametrize("shut", ["organization", "from", "until"])
def test_login_in_progress_stops_when_account_is_shut(
    browser: Browser, alice: User, policy: SitePolicy, shut: str
) -> None:
    """org1: at the next click, in a pending login and in a session."""
    clinic = organization("Clinic")
    join(alice, clinic)
    number = alice.factors.get().target
    browser.password(alice)
    match shut:
        case "organization":
            Organization.objects.filter(pk=clinic.pk).update(is_active=False)
        case "from":
            later = timezone.now() + timedelta(days=1)
            User.objects.filter(pk=alice.pk).update(valid_from=later)
        case _:
            User.objects.filter(pk=alice.pk).update(valid_until=timezone.now())
    browser.post("/login/verify/", {"code": code(number)})
    assert not browser.signed_in
    assert "That email and password do not match" in browser.password(alice).content.decode()


def test_session_ends_when_organization_is_turned_off(
    browser: Browser, alice: User, policy: SitePolicy
) -> None:
    clinic = organization("Clinic")
    join(alice, clinic)
    browser.log_in(alice)
    Organization.objects.filter(pk=clinic.pk).update(is_active=False)
    assert browser.get("/me/").url.startswith("/login/")
    assert browser.post("/me/", {"full_name": "Somebody else"}).url.startswith("/login/")


def test_staff_log_in_without_membership_in_force(
    browser: Browser, root: User, policy: SitePolicy
) -> None:
    clinic = organization("Clinic")
    join(root, clinic)
    Membership.objects.update(ended_at=timezone.now())
    browser.log_in(root)
    assert browser.signed_in
