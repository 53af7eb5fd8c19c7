"""S12: an account that lay idle sets up no first factor by the password alone."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, Event, OutboxMessage
from mfa.models.policies import mail_config
from tests.conftest import NOON, make_user
from tests.portal_client import PASSWORD, Browser, code

PHONE, MAILBOX, APP = "/login/enroll/phone/", "/login/mailbox/", "/login/enroll/app/"
NUMBER = "+447700900250"
LONG_AGO = NOON - timedelta(days=31)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def tested(clock: time_machine.Traveller, policy: AccountPolicy, settings) -> AccountPolicy:
    """The mail server took a test mail."""
    policy.mail_test_config, policy.mail_tested_at = mail_config(), NOON
    policy.save()
    return policy


@pytest.fixture
def idle(tested: AccountPolicy, bob: User) -> User:
    """Bob has a password and no factor, and was last here a month ago."""
    User.objects.filter(pk=bob.pk).update(last_login=LONG_AGO, date_joined=LONG_AGO)
    bob.refresh_from_db()
    return bob


def test_the_password_alone_sets_nothing_up(browser: Browser, idle: User) -> None:
    """A step skipped, two tabs, the back button: each page leads to the mailbox."""
    assert browser.password(idle).url == MAILBOX
    assert browser.post(PHONE, {"phone": NUMBER}).url == MAILBOX
    assert browser.post(APP).url == MAILBOX
    assert browser.get("/login/enroll/verify/").url == MAILBOX
    assert browser.post("/login/skip/").status_code == 403
    assert not OutboxMessage.objects.exists()
    assert not idle.factors.exists()


def test_an_emailed_code_opens_the_enrollment_and_is_told(browser: Browser, idle: User) -> None:
    browser.password(idle)
    page = browser.get(MAILBOX).content.decode()
    assert "You have not logged in for a long time" in page
    assert "phone number that you had" not in page
    browser.post(MAILBOX)
    assert browser.post(MAILBOX, {"code": code(idle.email)}).url == PHONE
    assert AuditEvent.objects.filter(event=Event.MAILBOX_PROVEN, user=idle).exists()
    assert "can now set up a phone or app" in OutboxMessage.objects.first().body
    browser.post(PHONE, {"phone": NUMBER})
    browser.post("/login/enroll/verify/", {"code": code(NUMBER)})
    assert idle.factors.get().target == NUMBER


def test_a_wrong_code_opens_nothing(browser: Browser, idle: User) -> None:
    browser.password(idle)
    browser.post(MAILBOX)
    wrong = f"{(int(code(idle.email)) + 1) % 10**6:06}"
    browser.post(MAILBOX, {"code": wrong})
    assert browser.get(PHONE).url == MAILBOX


def test_another_session_proves_it_for_itself(
    browser: Browser, other_browser: Browser, idle: User
) -> None:
    """The thief's browser gains nothing from the owner's code."""
    browser.password(idle)
    browser.post(MAILBOX)
    browser.post(MAILBOX, {"code": code(idle.email)})
    other_browser.password(idle)
    assert other_browser.post(PHONE, {"phone": NUMBER}).url == MAILBOX


def test_without_a_tested_mail_server_people_enroll_as_ever(
    browser: Browser, idle: User, tested: AccountPolicy
) -> None:
    tested.mail_test_config = ""
    tested.save()
    assert browser.password(idle).url == PHONE


@pytest.mark.parametrize(
    ("last_login", "joined", "proven", "first"),
    [
        pytest.param(31 * DAY, 400 * DAY, None, MAILBOX, id="idle"),
        pytest.param(31 * DAY, 400 * DAY, 300 * DAY, MAILBOX, id="idle, proven once"),
        pytest.param(31 * DAY, 400 * DAY, 23 * HOUR, PHONE, id="a link within 24 h"),
        pytest.param(31 * DAY, 400 * DAY, 25 * HOUR, MAILBOX, id="an older link"),
        pytest.param(29 * DAY, 400 * DAY, None, PHONE, id="used within 30 days"),
        pytest.param(None, 31 * DAY, None, MAILBOX, id="never used"),
        pytest.param(None, 31 * DAY, 31 * DAY, PHONE, id="never used, imported or by a link"),
        pytest.param(None, 29 * DAY, None, PHONE, id="new"),
    ],
)
def test_when_the_mailbox_is_proven_first(  # noqa: PLR0917 the table's columns
    browser: Browser, idle: User, last_login, joined, proven, first
) -> None:
    moments = {"last_login": last_login, "date_joined": joined, "mailbox_proven_at": proven}
    past = {name: ago and NOON - ago for name, ago in moments.items()}
    User.objects.filter(pk=idle.pk).update(**past)
    assert browser.password(idle).url == first


def test_a_superuser_of_the_machine_counts_as_proven(
    browser: Browser, tested: AccountPolicy, clock: time_machine.Traveller
) -> None:
    root = User.objects.create_superuser("new@example.org", PASSWORD)
    clock.shift(40 * DAY)
    assert browser.password(root).url == PHONE


def test_staff_prove_their_mailbox_too(browser: Browser, tested: AccountPolicy) -> None:
    """It opens the set-up and stands in for no factor."""
    sam = make_user("sam@example.org", is_staff=True, last_login=LONG_AGO)
    assert browser.password(sam).url == MAILBOX
    browser.post(MAILBOX)
    browser.post(MAILBOX, {"code": code(sam.email)})
    assert not browser.signed_in
    assert browser.get("/login/verify/").url == PHONE


def test_where_it_is_optional_people_may_skip_instead(
    browser: Browser, idle: User, tested: AccountPolicy
) -> None:
    tested.enforcement = "optional"
    tested.save()
    assert browser.password(idle).url == MAILBOX
    assert "Skip for Now" in browser.get(MAILBOX).content.decode()
    browser.post("/login/skip/")
    assert browser.signed_in


def test_who_had_a_factor_recovers_as_ever(browser: Browser, idle: User) -> None:
    User.objects.filter(pk=idle.pk).update(ever_bound_at=LONG_AGO)
    browser.password(idle)
    page = browser.get(MAILBOX).content.decode()
    assert "phone number that you had" in page
    assert "Skip for Now" not in page


# The login itself may need no factor: then the pages behind it ask for the mailbox.


def let_in(policy: AccountPolicy, browser: Browser, user: User) -> None:
    """By a skip, by an earlier skip, or while MFA is off."""
    browser.password(user)
    if policy.enabled and not user.skipped_at:
        browser.post("/login/skip/")
    assert browser.get("/me/").status_code == 200


@pytest.fixture(params=["skips now", "skipped long ago", "MFA is off"])
def inside(request, tested: AccountPolicy, browser: Browser, idle: User) -> Browser:
    """A browser that the password alone let in."""
    tested.enforcement, tested.enabled = "optional", request.param != "MFA is off"
    tested.save()
    if request.param == "skipped long ago":
        User.objects.filter(pk=idle.pk).update(skipped_at=LONG_AGO)
        idle.refresh_from_db()
    let_in(tested, browser, idle)
    return browser


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/me/phone/", {"phone": NUMBER}),
        ("/me/security/app/", {}),
        ("/me/security/codes/", {}),
        ("/me/email/", {"email": "mallory@new.example"}),
    ],
)
def test_no_page_behind_the_login_binds_anything_by_the_password_alone(
    inside: Browser, idle: User, path: str, form: dict[str, str]
) -> None:
    """Nor does the password given once more."""
    before = AuditEvent.objects.count()
    assert inside.post(path, form).url.startswith("/me/confirm/?")
    asked = inside.get("/me/confirm/", {"next": path, "binding": "1"})
    assert asked.status_code == 200
    proof = {"next": path, "binding": "1", "password": PASSWORD}
    assert inside.post("/me/confirm/", proof).url == "/login/choose/"
    assert inside.post(path, form).url.startswith("/me/confirm/?")
    assert AuditEvent.objects.count() == before
    assert not idle.factors.exists()


def test_a_second_login_binds_nothing_either(
    inside: Browser, idle: User, tested: AccountPolicy
) -> None:
    """The first one has made it an account that was used today."""
    inside.post("/logout/")
    idle.refresh_from_db()
    let_in(tested, inside, idle)
    assert inside.post("/me/phone/", {"phone": NUMBER}).url.startswith("/me/confirm/?")
    tested.enforcement, tested.enabled = "required", True
    tested.save()
    assert Browser().password(idle).url == MAILBOX


def test_a_link_of_today_ends_it(inside: Browser, idle: User) -> None:
    """Its password is one that the owner of the mailbox chose."""
    User.objects.filter(pk=idle.pk).update(mailbox_proven_at=NOON + HOUR)
    assert inside.post("/me/phone/", {"phone": NUMBER}).url == "/me/phone/verify/"


def test_an_emailed_code_opens_them(inside: Browser, idle: User) -> None:
    proof = {"next": "/me/phone/", "binding": "1", "password": PASSWORD}
    inside.post("/me/confirm/", proof)
    inside.post("/login/choose/", {"route": "email"})
    assert inside.post("/login/verify/", {"code": code(idle.email)}).url == "/me/phone/"
    inside.post("/me/phone/", {"phone": NUMBER})
    inside.post("/me/phone/verify/", {"code": code(NUMBER)})
    assert idle.factors.get().target == NUMBER


def test_an_account_in_use_binds_by_the_password_as_before(
    tested: AccountPolicy, browser: Browser, bob: User
) -> None:
    tested.enforcement = "optional"
    tested.save()
    let_in(tested, browser, bob)
    assert browser.post("/me/phone/", {"phone": NUMBER}).url == "/me/phone/verify/"
