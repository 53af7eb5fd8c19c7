"""What is required to add a factor, in each state of an account (EN-02)."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from mfa import pauses
from mfa.models import AuditEvent, SitePolicy
from mfa.rules.policy import EmailCodes
from mfa.session_engine import ABOUT
from tests.authenticator import give_app
from tests.journeys.conftest import NEW_NUMBER
from tests.portal_client import PASSWORD, Browser, code

pytestmark = pytest.mark.usefixtures("clock")

BINDING = ["/me/phone/", "/me/security/app/", "/me/security/codes/", "/me/email/"]
STEP_UP, VERIFY, CHOOSE = "/me/confirm/", "/login/verify/", "/login/choose/"
PHONE = "+447700900201"


@pytest.fixture
def paused(browser: Browser, alice: User, root: User) -> Browser:
    """Alice, who has a phone, logged in by password during a pause."""
    pauses.start(alice, reason="lost phone", hours=24, by=root)
    browser.password(alice)
    assert browser.signed_in
    return browser


@pytest.fixture
def while_off(browser: Browser, alice: User, policy: SitePolicy) -> Browser:
    """Alice, logged in by password while MFA is off."""
    policy.enabled = False
    policy.save()
    browser.password(alice)
    return browser


def confirm(browser: Browser, path: str) -> None:
    """Follow the page's redirect, and press the button there."""
    browser.post(STEP_UP, {"next": path, "binding": "1", "password": PASSWORD})


@pytest.mark.parametrize("path", BINDING)
@pytest.mark.parametrize("state", ["paused", "while_off"])
def test_password_session_cannot_add_factor_beside_phone(
    state: str, path: str, request: pytest.FixtureRequest
) -> None:
    """Otherwise an attacker with the password would keep the new factor after the pause."""
    thief = request.getfixturevalue(state)
    assert thief.get(path).url == f"{STEP_UP}?next={path.replace('/', '%2F')}&binding=1"
    confirm(thief, path)
    assert thief.get(path).url.startswith(STEP_UP)


@pytest.mark.parametrize("state", ["paused", "while_off"])
def test_password_session_cannot_remove_factor(
    state: str, alice: User, request: pytest.FixtureRequest
) -> None:
    """Otherwise the pause would end without a factor for the owner."""
    give_app(alice)
    thief = request.getfixturevalue(state)
    path = f"/me/security/factors/{alice.factors.get(kind='phone').pk}/remove/"
    confirm(thief, path)
    thief.post(path)
    assert alice.factors.usable().count() == 2


def test_password_session_cannot_bypass_by_query_parameter(paused: Browser) -> None:
    """The browser chooses the page's form, but not what opens the protected page."""
    paused.post(STEP_UP, {"next": "/me/phone/", "password": PASSWORD})
    assert paused.get("/me/phone/").url.startswith(STEP_UP)


OTHERS, ONE = "/me/security/sessions/others/", "/me/security/sessions/end/"
GUARDED = [*BINDING, "/me/password/", OTHERS, ONE, "lost", "remove"]


def address(path: str, user: User) -> str:
    """Return the URL of a factor's page. Others stay unchanged."""
    ends = {"lost": "suspend", "remove": "remove"}
    phone = user.factors.get(kind="phone").pk
    return f"/me/security/factors/{phone}/{ends[path]}/" if path in ends else path


@pytest.mark.parametrize("path", GUARDED)
def test_password_session_cannot_change_protection_during_pause(
    paused: Browser, alice: User, path: str
) -> None:
    """S07: factors, password, email and other sessions stay protected from any request."""
    hers = Browser()
    hers.password(alice)
    here = address(path, alice)
    for words in ({}, {"either": "1"}, {"binding": "1"}):
        paused.post(STEP_UP, {"next": "/me/", "password": PASSWORD, **words})
        answer = paused.post(here, {"session": "x", "old_password": PASSWORD})
        assert answer.url.startswith(STEP_UP)
    assert alice.factors.usable().count() == 1
    assert hers.get("/me/").status_code == 200


def test_password_session_without_factor_cannot_change_protection_during_pause(
    browser: Browser, bob: User, root: User
) -> None:
    pauses.start(bob, reason="no phone yet", hours=24, by=root)
    browser.password(bob)
    assert browser.get("/me/password/").url.startswith(STEP_UP)
    browser.post(STEP_UP, {"next": "/me/password/", "password": PASSWORD})
    assert browser.get("/me/password/").url.startswith(STEP_UP)


def test_expired_password_needs_factor_for_renewal_during_pause(
    paused: Browser, alice: User
) -> None:
    """S07: an attacker may know the old password."""
    User.objects.filter(pk=alice.pk).update(password_expired=True)
    renew, new = "/me/password/renew/", "another long enough one"
    form = {"new_password1": new, "new_password2": new}
    assert paused.post(renew, form).url.startswith(STEP_UP)
    paused.post(STEP_UP, {"next": renew, "binding": "1"})
    paused.post(VERIFY, {"code": code(PHONE)})
    paused.post(renew, form)
    alice.refresh_from_db()
    assert alice.check_password(new)


def test_not_me_does_not_lock_out_owner_during_pause(paused: Browser, alice: User) -> None:
    """S07: a person with only the password cannot end the owner's sessions."""
    event = AuditEvent.objects.filter(user=alice).latest("pk")
    assert paused.post(f"/me/activity/{event.pk}/").url.startswith(STEP_UP)
    epoch = alice.session_epoch
    alice.refresh_from_db()
    assert (alice.session_epoch, alice.has_usable_password()) == (epoch, True)


def test_other_pages_are_open_during_pause(paused: Browser) -> None:
    assert paused.get("/me/").status_code == 200


@pytest.mark.parametrize("path", BINDING)
@pytest.mark.parametrize("state", ["paused", "while_off"])
def test_phone_code_allows_adding_factor(
    state: str, path: str, request: pytest.FixtureRequest
) -> None:
    owner = request.getfixturevalue(state)
    confirm(owner, path)
    assert owner.post(VERIFY, {"code": code(PHONE)}).url == path
    assert owner.get(path).status_code == 200


@pytest.mark.parametrize("path", BINDING)
def test_emailed_code_allows_adding_factor_without_mfa(
    paused: Browser, alice: User, path: str
) -> None:
    """EM-03: like "I no longer have this phone" during a login."""
    confirm(paused, path)
    paused.post(CHOOSE, {"route": "email"})
    assert paused.post(VERIFY, {"code": code(alice.email)}).url == path
    assert paused.get(path).status_code == 200


def test_new_phone_is_added_after_emailed_code(paused: Browser, alice: User) -> None:
    confirm(paused, "/me/phone/")
    paused.post(CHOOSE, {"route": "email"})
    paused.post(VERIFY, {"code": code(alice.email)})
    paused.post("/me/phone/", {"phone": NEW_NUMBER})
    paused.post("/me/phone/verify/", {"code": code(NEW_NUMBER)})
    assert alice.factors.usable().get().target == NEW_NUMBER


def test_emailed_code_is_refused_if_email_codes_are_off(
    paused: Browser, policy: SitePolicy
) -> None:
    policy.email_codes = EmailCodes.OFF
    policy.save()
    confirm(paused, "/me/phone/")
    assert "email" not in paused.get(CHOOSE).content.decode()


def test_emailed_code_is_refused_after_change_of_address(paused: Browser, alice: User) -> None:
    """EM-06."""
    User.objects.filter(pk=alice.pk).update(email_changed_at=timezone.now())
    confirm(paused, "/me/phone/")
    paused.post(CHOOSE, {"route": "email"})
    assert not paused.session[ABOUT].get("channel")


def test_person_without_factor_and_email_sees_contact(
    paused: Browser, alice: User, policy: SitePolicy
) -> None:
    alice.factors.update(status="disabled")
    policy.email_codes = EmailCodes.OFF
    policy.save()
    page = paused.post(STEP_UP, {"next": "/me/phone/", "binding": "1"}, follow=True)
    assert "use any of your verification methods" in page.content.decode()


def test_person_let_in_by_breakglass_can_add_factor(browser: Browser, root: User) -> None:
    """The last administrator lost the phone: staff cannot use email, and nobody else can help."""
    call_command("breakglass", root.email, "--reason", "lost phone")
    browser.password(root)
    browser.post("/me/phone/", {"phone": NEW_NUMBER})
    browser.post("/me/phone/verify/", {"code": code(NEW_NUMBER)})
    assert root.factors.usable().get(kind="phone").target == NEW_NUMBER


def test_first_factor_needs_only_password(
    browser: Browser, bob: User, optional: SitePolicy
) -> None:
    browser.password(bob)
    browser.post("/login/skip/")
    assert browser.get("/me/phone/").status_code == 200
