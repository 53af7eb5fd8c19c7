"""S12: after long inactivity, the password is not enough to set up a first factor."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, SitePolicy, Status
from mfa.models.channel_health import mail_config
from tests.conftest import NOON, give_phone, make_user
from tests.portal_client import PASSWORD, Browser, code

PHONE, MAILBOX, APP = "/login/enroll/phone/", "/login/mailbox/", "/login/enroll/app/"
NUMBER = "+447700900250"
LONG_AGO = NOON - timedelta(days=31)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def tested(clock: time_machine.Traveller, policy: SitePolicy, settings) -> SitePolicy:
    """A mail server that accepted a test mail."""
    policy.health.mail_test_config, policy.health.mail_tested_at = mail_config(), NOON
    policy.health.save()
    return policy


@pytest.fixture
def idle(tested: SitePolicy, bob: User) -> User:
    """Bob, who has a password but no factor, and whose last login was a month ago."""
    User.objects.filter(pk=bob.pk).update(last_login=LONG_AGO, date_joined=LONG_AGO)
    bob.refresh_from_db()
    return bob


def test_password_is_not_enough_for_first_factor(browser: Browser, idle: User) -> None:
    """Skipping a step, two tabs, the back button: each page leads to the email proof."""
    assert browser.password(idle).url == MAILBOX
    assert browser.post(PHONE, {"phone": NUMBER}).url == MAILBOX
    assert browser.post(APP).url == MAILBOX
    assert browser.get("/login/enroll/verify/").url == MAILBOX
    assert browser.post("/login/skip/").status_code == 403
    assert not OutboxMessage.objects.exists()
    assert not idle.factors.exists()


def test_emailed_code_opens_enrollment_and_is_notified(browser: Browser, idle: User) -> None:
    browser.password(idle)
    page = browser.get(MAILBOX).content.decode()
    assert "You haven't logged in for a long time" in page
    assert "text your old number" not in page
    browser.post(MAILBOX)
    assert browser.post(MAILBOX, {"code": code(idle.email)}).url == PHONE
    assert AuditEvent.objects.filter(event=Event.MAILBOX_PROVEN, user=idle).exists()
    assert "can now set up two-step verification" in OutboxMessage.objects.first().body
    browser.post(PHONE, {"phone": NUMBER})
    browser.post("/login/enroll/verify/", {"code": code(NUMBER)})
    assert idle.factors.get().target == NUMBER


def test_wrong_code_gives_no_access(browser: Browser, idle: User) -> None:
    browser.password(idle)
    browser.post(MAILBOX)
    wrong = f"{(int(code(idle.email)) + 1) % 10**6:06}"
    browser.post(MAILBOX, {"code": wrong})
    assert browser.get(PHONE).url == MAILBOX


def test_other_session_needs_its_own_proof(
    browser: Browser, other_browser: Browser, idle: User
) -> None:
    """The owner's code is of no use to an attacker's browser."""
    browser.password(idle)
    browser.post(MAILBOX)
    browser.post(MAILBOX, {"code": code(idle.email)})
    other_browser.password(idle)
    assert other_browser.post(PHONE, {"phone": NUMBER}).url == MAILBOX


def test_enrollment_without_tested_mail_server_is_unchanged(
    browser: Browser, idle: User, tested: SitePolicy
) -> None:
    tested.health.mail_test_config = ""
    tested.health.save()
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
def test_idle_person_verifies_email_before_first_factor(  # noqa: PLR0917 the table's columns
    browser: Browser, idle: User, last_login, joined, proven, first
) -> None:
    moments = {"last_login": last_login, "date_joined": joined, "mailbox_proven_at": proven}
    past = {name: ago and NOON - ago for name, ago in moments.items()}
    User.objects.filter(pk=idle.pk).update(**past)
    assert browser.password(idle).url == first


def test_superuser_from_command_has_verified_email(
    browser: Browser, tested: SitePolicy, clock: time_machine.Traveller
) -> None:
    root = User.objects.create_superuser("new@example.org", PASSWORD)
    clock.shift(40 * DAY)
    assert browser.password(root).url == PHONE


def test_idle_staff_verify_email_before_first_factor(browser: Browser, tested: SitePolicy) -> None:
    """It allows the setup, but does not replace a factor."""
    sam = make_user("sam@example.org", is_staff=True, last_login=LONG_AGO)
    assert browser.password(sam).url == MAILBOX
    browser.post(MAILBOX)
    browser.post(MAILBOX, {"code": code(sam.email)})
    assert not browser.signed_in
    assert browser.get("/login/verify/").url == PHONE


def test_optional_second_step_can_be_skipped(
    browser: Browser, idle: User, tested: SitePolicy
) -> None:
    tested.enforcement = "optional"
    tested.save()
    assert browser.password(idle).url == MAILBOX
    assert "Skip for Now" in browser.get(MAILBOX).content.decode()
    browser.post("/login/skip/")
    assert browser.signed_in


def test_person_who_had_factor_recovers_as_usual(browser: Browser, idle: User) -> None:
    give_phone(idle, NUMBER)
    Factor.objects.filter(user=idle).become(Status.REVOKED)
    browser.password(idle)
    page = browser.get(MAILBOX).content.decode()
    assert "text your old number" in page
    assert "Skip for Now" not in page
    browser.post(MAILBOX)
    browser.post(MAILBOX, {"code": code(idle.email)})
    assert OutboxMessage.objects.filter(target=NUMBER).exists()


def test_page_promises_no_text_to_a_number_that_never_was(browser: Browser, idle: User) -> None:
    User.objects.filter(pk=idle.pk).update(ever_bound_at=LONG_AGO)
    browser.password(idle)
    assert "text your old number" not in browser.get(MAILBOX).content.decode()


# If the login needs no factor, the pages behind it ask for the email proof.


def let_in(policy: SitePolicy, browser: Browser, user: User) -> None:
    """Because of a skip, an earlier skip, or MFA being off."""
    browser.password(user)
    if policy.enabled and not user.skipped_at:
        browser.post("/login/skip/")
    assert browser.get("/me/").status_code == 200


@pytest.fixture(params=["skips now", "skipped long ago", "MFA is off"])
def inside(request, tested: SitePolicy, browser: Browser, idle: User) -> Browser:
    """A browser that logged in by password."""
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
def test_protected_pages_need_more_than_password_for_first_factor(
    inside: Browser, idle: User, path: str, form: dict[str, str]
) -> None:
    """Entering the password again is not enough either."""
    before = AuditEvent.objects.count()
    assert inside.post(path, form).url.startswith("/me/confirm/?")
    asked = inside.get("/me/confirm/", {"next": path, "binding": "1"})
    assert asked.status_code == 200
    proof = {"next": path, "binding": "1", "password": PASSWORD}
    assert inside.post("/me/confirm/", proof).url == "/login/choose/"
    assert inside.post(path, form).url.startswith("/me/confirm/?")
    assert AuditEvent.objects.count() == before
    assert not idle.factors.exists()


def test_second_login_does_not_end_requirement(
    inside: Browser, idle: User, tested: SitePolicy
) -> None:
    """The first login made the account active today."""
    inside.post("/logout/")
    idle.refresh_from_db()
    let_in(tested, inside, idle)
    assert inside.post("/me/phone/", {"phone": NUMBER}).url.startswith("/me/confirm/?")
    tested.enforcement, tested.enabled = "required", True
    tested.save()
    assert Browser().password(idle).url == MAILBOX


def test_link_of_today_ends_requirement(inside: Browser, idle: User) -> None:
    """The owner of the email account chose its password."""
    User.objects.filter(pk=idle.pk).update(mailbox_proven_at=NOON + HOUR)
    assert inside.post("/me/phone/", {"phone": NUMBER}).url == "/me/phone/verify/"


def test_emailed_code_opens_factor_pages(inside: Browser, idle: User) -> None:
    proof = {"next": "/me/phone/", "binding": "1", "password": PASSWORD}
    inside.post("/me/confirm/", proof)
    inside.post("/login/choose/", {"route": "email"})
    assert inside.post("/login/verify/", {"code": code(idle.email)}).url == "/me/phone/"
    inside.post("/me/phone/", {"phone": NUMBER})
    inside.post("/me/phone/verify/", {"code": code(NUMBER)})
    assert idle.factors.get().target == NUMBER


def test_active_account_adds_first_factor_by_password(
    tested: SitePolicy, browser: Browser, bob: User
) -> None:
    tested.enforcement = "optional"
    tested.save()
    let_in(tested, browser, bob)
    assert browser.post("/me/phone/", {"phone": NUMBER}).url == "/me/phone/verify/"
