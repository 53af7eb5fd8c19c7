"""What it takes to bind a factor, in each state of an account (EN-02)."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from mfa import pauses
from mfa.models import AccountPolicy, AuditEvent
from mfa.rules.policy import EmailCodes
from mfa.sessions import ABOUT
from tests.authenticator import give_app
from tests.journeys.conftest import NEW_NUMBER
from tests.portal_client import PASSWORD, Browser, code

pytestmark = pytest.mark.usefixtures("clock")

BINDING = ["/me/phone/", "/me/security/app/", "/me/security/codes/", "/me/email/"]
STEP_UP, VERIFY, CHOOSE = "/me/confirm/", "/login/verify/", "/login/choose/"
PHONE = "+447700900201"


@pytest.fixture
def paused(browser: Browser, alice: User, root: User) -> Browser:
    """Alice, who has a phone, logged in by her password alone while a pause runs."""
    pauses.start(alice, reason="lost phone", hours=24, by=root)
    browser.password(alice)
    assert browser.signed_in
    return browser


@pytest.fixture
def while_off(browser: Browser, alice: User, policy: AccountPolicy) -> Browser:
    """Alice, logged in by her password alone while MFA is off."""
    policy.enabled = False
    policy.save()
    browser.password(alice)
    return browser


def confirm(browser: Browser, path: str) -> None:
    """Go where the page leads, and press the button there."""
    browser.post(STEP_UP, {"next": path, "binding": "1", "password": PASSWORD})


@pytest.mark.parametrize("path", BINDING)
@pytest.mark.parametrize("state", ["paused", "while_off"])
def test_the_password_alone_binds_nothing_beside_a_phone(
    state: str, path: str, request: pytest.FixtureRequest
) -> None:
    """A thief of the password would keep what he binds when the pause ends."""
    thief = request.getfixturevalue(state)
    assert thief.get(path).url == f"{STEP_UP}?next={path.replace('/', '%2F')}&binding=1"
    confirm(thief, path)
    assert thief.get(path).url.startswith(STEP_UP)


@pytest.mark.parametrize("state", ["paused", "while_off"])
def test_nor_does_it_remove_one(state: str, alice: User, request: pytest.FixtureRequest) -> None:
    """Else the pause would end for an owner who has lost what he had."""
    give_app(alice)
    thief = request.getfixturevalue(state)
    path = f"/me/security/factors/{alice.factors.get(kind='phone').pk}/remove/"
    confirm(thief, path)
    thief.post(path)
    assert alice.factors.usable().count() == 2


def test_nor_without_the_word_in_the_address(paused: Browser) -> None:
    """What the page asks for is the browser's to say; what opens the form is not."""
    paused.post(STEP_UP, {"next": "/me/phone/", "password": PASSWORD})
    assert paused.get("/me/phone/").url.startswith(STEP_UP)


OTHERS, ONE = "/me/security/sessions/others/", "/me/security/sessions/end/"
GUARDED = [*BINDING, "/me/password/", OTHERS, ONE, "lost", "remove"]


def address(path: str, user: User) -> str:
    """The address of a factor's page; others are what they are."""
    ends = {"lost": "suspend", "remove": "remove"}
    phone = user.factors.get(kind="phone").pk
    return f"/me/security/factors/{phone}/{ends[path]}/" if path in ends else path


@pytest.mark.parametrize("path", GUARDED)
def test_a_session_by_password_alone_touches_nothing_while_a_pause_runs(
    paused: Browser, alice: User, path: str
) -> None:
    """S07: neither factors, password, email nor other sessions, whatever the browser asks for."""
    hers = Browser()
    hers.password(alice)
    here = address(path, alice)
    for words in ({}, {"either": "1"}, {"binding": "1"}):
        paused.post(STEP_UP, {"next": "/me/", "password": PASSWORD, **words})
        answer = paused.post(here, {"session": "x", "old_password": PASSWORD})
        assert answer.url.startswith(STEP_UP)
    assert alice.factors.usable().count() == 1
    assert hers.get("/me/").status_code == 200


def test_nor_does_it_where_there_never_was_a_factor(
    browser: Browser, bob: User, root: User
) -> None:
    pauses.start(bob, reason="no phone yet", hours=24, by=root)
    browser.password(bob)
    assert browser.get("/me/password/").url.startswith(STEP_UP)
    browser.post(STEP_UP, {"next": "/me/password/", "password": PASSWORD})
    assert browser.get("/me/password/").url.startswith(STEP_UP)


def test_an_expired_password_is_not_renewed_by_itself_while_a_pause_runs(
    paused: Browser, alice: User
) -> None:
    """S07: the old password may be the thief's."""
    User.objects.filter(pk=alice.pk).update(password_expired=True)
    renew, new = "/me/password/renew/", "another long enough one"
    form = {"new_password1": new, "new_password2": new}
    assert paused.post(renew, form).url.startswith(STEP_UP)
    paused.post(STEP_UP, {"next": renew, "binding": "1"})
    paused.post(VERIFY, {"code": code(PHONE)})
    paused.post(renew, form)
    alice.refresh_from_db()
    assert alice.check_password(new)


def test_what_was_not_me_locks_nobody_out_while_a_pause_runs(paused: Browser, alice: User) -> None:
    """S07: it leads to the new password, which asks for a factor."""
    event = AuditEvent.objects.filter(user=alice).latest("pk")
    assert paused.post(f"/me/activity/{event.pk}/").url == "/me/password/"
    assert paused.get("/me/password/").url.startswith(STEP_UP)
    alice.refresh_from_db()
    assert not alice.password_expired


def test_all_else_is_open_to_it_meanwhile(paused: Browser) -> None:
    assert paused.get("/me/").status_code == 200


@pytest.mark.parametrize("path", BINDING)
@pytest.mark.parametrize("state", ["paused", "while_off"])
def test_the_phone_opens_it(state: str, path: str, request: pytest.FixtureRequest) -> None:
    owner = request.getfixturevalue(state)
    confirm(owner, path)
    assert owner.post(VERIFY, {"code": code(PHONE)}).url == path
    assert owner.get(path).status_code == 200


@pytest.mark.parametrize("path", BINDING)
def test_an_emailed_code_opens_it_while_no_login_asks_for_one(
    paused: Browser, alice: User, path: str
) -> None:
    """EM-03: as "I no longer have this phone" does at a login that asks."""
    confirm(paused, path)
    paused.post(CHOOSE, {"route": "email"})
    assert paused.post(VERIFY, {"code": code(alice.email)}).url == path
    assert paused.get(path).status_code == 200


def test_then_a_new_phone_is_bound(paused: Browser, alice: User) -> None:
    confirm(paused, "/me/phone/")
    paused.post(CHOOSE, {"route": "email"})
    paused.post(VERIFY, {"code": code(alice.email)})
    paused.post("/me/phone/", {"phone": NEW_NUMBER})
    paused.post("/me/phone/verify/", {"code": code(NEW_NUMBER)})
    assert alice.factors.usable().get().target == NEW_NUMBER


def test_where_email_codes_are_off_it_does_not(paused: Browser, policy: AccountPolicy) -> None:
    policy.email_codes = EmailCodes.OFF
    policy.save()
    confirm(paused, "/me/phone/")
    assert "email" not in paused.get(CHOOSE).content.decode()


def test_a_mailbox_that_rests_does_not(paused: Browser, alice: User) -> None:
    """EM-06."""
    User.objects.filter(pk=alice.pk).update(email_changed_at=timezone.now())
    confirm(paused, "/me/phone/")
    paused.post(CHOOSE, {"route": "email"})
    assert not paused.session[ABOUT].get("channel")


def test_who_lost_every_factor_and_the_mailbox_is_told_whom_to_ask(
    paused: Browser, alice: User, policy: AccountPolicy
) -> None:
    alice.factors.update(disabled_at=timezone.now())
    policy.email_codes = EmailCodes.OFF
    policy.save()
    page = paused.post(STEP_UP, {"next": "/me/phone/", "binding": "1"}, follow=True)
    assert "no second step can be used" in page.content.decode()


def test_whom_the_machine_itself_lets_in_may_bind(browser: Browser, root: User) -> None:
    """The last administrator lost the phone: no mailbox is for staff, and nobody else can help."""
    call_command("breakglass", root.email, "--reason", "lost phone")
    browser.password(root)
    browser.post("/me/phone/", {"phone": NEW_NUMBER})
    browser.post("/me/phone/verify/", {"code": code(NEW_NUMBER)})
    assert root.factors.usable().get(kind="phone").target == NEW_NUMBER


def test_a_first_factor_needs_the_password_alone(
    browser: Browser, bob: User, optional: AccountPolicy
) -> None:
    browser.password(bob)
    browser.post("/login/skip/")
    assert browser.get("/me/phone/").status_code == 200
