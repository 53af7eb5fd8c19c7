"""A date from which everyone needs a passkey (PS-09): before it, on it, and the ways back."""

from datetime import timedelta
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import Organization, User
from mfa.challenges import Outcome, Result
from mfa.login.flow import resume
from mfa.models import Factor, OutboxMessage, SitePolicy, Status
from mfa.rules.methods import FIRST, RESISTANT, Method
from mfa.session_engine import ABOUT
from tests.conftest import give_codes, give_phone
from tests.organizations import join, organization, settings
from tests.passkeys import ADD, ENROLL, SECOND, answered, create, give_passkey, new_key
from tests.phones import ADD as ADD_PUSH, KEY
from tests.portal_client import Browser, code
from tests.push_service import PushService

PHONE = "+447700900201"
pytestmark = pytest.mark.usefixtures("policy")


@pytest.fixture
def vault(alice: User) -> Organization:
    """An organization of Alice whose people need a passkey from tomorrow on."""
    place = organization("Vault", passkeys_from=timezone.now() + timedelta(days=1))
    join(alice, place)
    return place


@pytest.fixture
def service(settings):
    with PushService() as running:
        settings.VAPID_PRIVATE_KEY = KEY
        settings.PUSH_TEST_ENDPOINTS = [running.origin]
        yield running


def words(page: object) -> str:
    return unescape(" ".join(page.content.decode().split()))


def reach(place: Organization) -> None:
    settings(place.own, passkeys_from=timezone.now())


def day_of(place: Organization) -> str:
    at = timezone.localtime(place.own.passkeys_from)
    return f"{at.day} {at:%B %Y}"


def test_person_sees_the_date_and_then_sets_up_a_passkey(
    browser: Browser, alice: User, vault: Organization
) -> None:
    said = f"From {day_of(vault)}, you need a passkey to log in."
    browser.password(alice)
    assert said in words(browser.get("/login/verify/"))
    browser.post("/login/verify/", {"code": code(PHONE)})
    assert browser.signed_in
    assert said in words(browser.get("/"))
    assert said in words(browser.get("/me/security/"))
    browser.post("/logout/")

    reach(vault)
    browser.password(alice)
    assert "you need a passkey to log in" not in words(browser.get("/login/verify/"))
    page = browser.post("/login/verify/", {"code": code(PHONE)})
    assert page.url == ENROLL
    assert not browser.signed_in
    shown = words(browser.get(ENROLL))
    assert "You need a passkey to log in. Your other methods only lead to this page." in shown
    assert "Set up another way" not in shown

    key = new_key()
    assert create(browser, key, ENROLL).url.startswith("/login/?notice=passkey")
    OutboxMessage.objects.all().delete()
    assert browser.password(alice).url == SECOND
    assert answered(browser, key, SECOND).url == "/"
    assert browser.session[ABOUT]["aal"] == 2
    assert said not in words(browser.get("/"))
    assert not OutboxMessage.objects.filter(channel="sms").exists()


def test_old_factor_opens_nothing_but_the_setup(
    browser: Browser, alice: User, vault: Organization
) -> None:
    reach(vault)
    browser.log_in(alice)
    held = set(Factor.objects.values_list("pk", flat=True))
    for path, form in (
        ("/login/enroll/phone/", {"phone": "+44 7700 900999"}),
        ("/login/enroll/app/", {"start": "1"}),
        ("/login/enroll/email/", {"email": "new@example.org"}),
        ("/login/enroll/verify/", {"code": "000000"}),
        ("/login/skip/", {}),
        ("/login/enroll/done/", {}),
        ("/login/continue/", {}),
    ):
        browser.get(path)
        browser.post(path, form)
        assert not browser.signed_in, path
    assert set(Factor.objects.values_list("pk", flat=True)) == held
    assert browser.get("/").status_code == 302


def test_phone_that_approves_is_not_set_up_instead(
    browser: Browser, alice: User, vault: Organization, service: PushService
) -> None:
    """Neither after the date, nor in a setup that began before it."""
    browser.log_in(alice)
    shown = browser.post(ADD_PUSH)
    browser.post("/logout/")
    reach(vault)
    browser.log_in(alice)
    assert browser.get("/login/enroll/push/").url == ENROLL
    assert browser.post("/login/enroll/push/").url == ENROLL
    assert browser.post("/login/enroll/push/", {"name": "My phone"}).url == ENROLL
    assert shown.status_code == 200
    assert not browser.signed_in
    assert not alice.factors.filter(kind="push").exists()


@pytest.mark.parametrize("method", [each for each in FIRST if each not in RESISTANT])
def test_login_adds_no_factor_that_is_not_offered(
    browser: Browser, alice: User, vault: Organization, method: Method
) -> None:
    """Whatever a page of a new kind forgets to check."""
    reach(vault)
    browser.log_in(alice)
    request = RequestFactory().get("/")
    request.session = browser.session
    flow = resume(request)
    with pytest.raises(PermissionDenied):
        flow.bind(method, lambda: Result(Outcome.RIGHT))


def test_code_to_a_new_phone_from_before_the_date_adds_no_phone(
    browser: Browser, bob: User
) -> None:
    """The number was asked in one tab, and the date came before its code."""
    place = organization("Vault", passkeys_from=timezone.now() + timedelta(days=1))
    join(bob, place)
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "+44 7700 900123"})
    sent = code("+447700900123")
    reach(place)
    assert browser.post("/login/enroll/verify/", {"code": sent}).url == ENROLL
    assert not bob.factors.exists()
    assert not browser.signed_in


def test_first_factor_is_a_passkey_even_where_the_setup_is_optional(
    browser: Browser, bob: User, policy: SitePolicy
) -> None:
    settings(policy, enforcement="optional", passkeys_from=timezone.now())
    assert browser.password(bob).url == ENROLL
    shown = words(browser.get(ENROLL))
    assert "Skip for Now" not in shown
    assert browser.post("/login/skip/").status_code == 403
    create(browser, new_key(), ENROLL)
    assert [factor.kind for factor in bob.factors.all()] == ["passkey"]


def test_recovery_code_and_email_lead_to_the_setup(
    browser: Browser, alice: User, vault: Organization
) -> None:
    """Nobody is locked out: the ways back lead to a passkey."""
    reach(vault)
    typed = give_codes(alice)[0]
    browser.password(alice)
    codes = alice.factors.get(kind="recovery_codes")
    browser.post("/login/choose/", {"route": f"recovery_codes-{codes.pk}"})
    assert browser.post("/login/recovery-code/", {"code": typed}).url == ENROLL

    alice.factors.update(status=Status.SUSPENDED)
    other = Browser()
    assert other.password(alice).url == "/login/mailbox/"
    other.post("/login/mailbox/", {"send": "1"})
    page = other.post("/login/mailbox/", {"code": code(alice.email)})
    assert page.url == ENROLL
    create(other, new_key(), ENROLL)
    assert alice.factors.filter(kind="passkey").exists()


def test_last_passkey_stays_while_it_is_needed(
    browser: Browser, alice: User, vault: Organization
) -> None:
    reach(vault)
    key = give_passkey(alice)
    browser.password(alice)
    answered(browser, key, SECOND)
    shown = words(browser.get("/me/security/"))
    assert "only with passkeys and recovery codes" in shown
    assert "Add another phone" not in shown
    for path in ("/me/phone/", "/me/security/phone/", "/me/security/app/"):
        assert browser.get(path).status_code == 404, path
    own, phone = alice.factors.get(kind="passkey"), alice.factors.get(kind="phone")
    assert browser.post(f"/me/security/factors/{own.pk}/remove/").status_code == 403
    assert browser.get(ADD).status_code == 200
    assert browser.post(f"/me/security/factors/{phone.pk}/remove/").status_code == 302


def test_date_for_staff_binds_only_staff(
    browser: Browser, alice: User, bob: User, policy: SitePolicy
) -> None:
    settings(policy, staff_passkeys_from=timezone.now())
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    browser.password(alice)
    assert browser.post("/login/verify/", {"code": code(PHONE)}).url == ENROLL
    give_phone(bob, "+447700900777")
    other = Browser()
    assert other.log_in(bob).url == "/"


def test_demand_without_allowed_passkeys_locks_nobody_out(
    browser: Browser, alice: User, policy: SitePolicy
) -> None:
    """Saving refuses it. A row that has it anyway demands nothing."""
    settings(policy, methods=["phone"], passkeys_from=timezone.now())
    assert browser.log_in(alice).url == "/"
