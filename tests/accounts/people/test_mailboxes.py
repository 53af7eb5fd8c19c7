"""RV-08: a second, verified address gets the notices, and codes to set up a new phone."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, SitePolicy
from tests.lost_phone import NEW_PHONE, start
from tests.one_time_passes import made
from tests.portal_client import Browser, code

pytestmark = pytest.mark.usefixtures("clock")
SECOND, PAGE = "alice.second@example.net", "/me/recovery-email/"
WEEK = timedelta(days=7)


def link() -> str:
    body = OutboxMessage.objects.filter(target=SECOND).latest("pk").body
    found = re.search(PAGE + r"\S+/", body)
    assert found
    return found[0]


def mails(target: str) -> list[str]:
    sent = OutboxMessage.objects.filter(channel="email", target=target).order_by("-pk")
    return [f"{one.subject} {one.body}" for one in sent]


@pytest.fixture
def kept(browser: Browser, alice: User) -> User:
    """Alice with a verified recovery email."""
    browser.log_in(alice)
    browser.post(PAGE, {"email": SECOND})
    browser.post(link())
    alice.refresh_from_db()
    return alice


def test_recovery_email_counts_only_after_its_link(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    browser.post(PAGE, {"email": SECOND})
    alice.refresh_from_db()
    assert (alice.recovery_email, alice.more_emails) == ("", ())
    address = link()
    assert "Verify your recovery email" in Browser().get(address).content.decode()
    alice.refresh_from_db()
    assert not alice.recovery_email, "a GET verifies nothing"
    Browser().post(address)
    alice.refresh_from_db()
    assert alice.recovery_email == SECOND
    assert Browser().post(address).status_code == 410
    for target in (alice.email, SECOND):
        assert "your recovery email was changed" in mails(target)[0]


def test_notices_of_a_lost_phone_go_to_both_addresses(kept: User) -> None:
    start(Browser(), kept)
    for target in (kept.email, SECOND):
        assert "your phone was reported lost" in mails(target)[0]
        assert "/recover/stop/" in mails(target)[0]


def test_code_to_recovery_email_sets_up_new_phone_a_week_later(kept: User, clock) -> None:
    browser = Browser()
    browser.password(kept)
    browser.post("/login/lost/")
    assert "instead" not in browser.get("/login/mailbox/").content.decode()
    browser.post("/login/mailbox/", {"other": "yes"})
    assert "Your code" not in mails(SECOND)[0]
    assert code(kept.email)
    clock.shift(WEEK)
    browser.password(kept)
    browser.post("/login/lost/")
    assert (
        "Send the code to a…@example.net instead" in browser.get("/login/mailbox/").content.decode()
    )
    browser.post("/login/mailbox/", {"other": "yes"})
    browser.post("/login/mailbox/", {"code": code(SECOND)})
    browser.post("/login/enroll/phone/", {"phone": NEW_PHONE})
    browser.post("/login/enroll/verify/", {"code": code(NEW_PHONE)})
    assert kept.factors.usable().get(kind="phone").target == NEW_PHONE


def ask_elsewhere(user: User) -> HttpResponse:
    """Forget the password, and ask for the link by the recovery email."""
    return Browser().post("/password/forgot/", {"email": user.email, "recovery": "yes"})


def reset_link() -> str:
    found = re.search(r"/password/reset/\S+/", mails(SECOND)[0])
    return found[0] if found else ""


def test_link_to_recovery_email_needs_the_phone_before_a_new_password(kept: User, clock) -> None:
    """RV-02, RV-08: the owner lost the first address. A week passed, or nothing is sent."""
    ask_elsewhere(kept)
    assert not reset_link()
    clock.shift(WEEK)
    before = len(mails(kept.email))
    assert ask_elsewhere(kept).url == "/password/forgot/sent/"
    assert len(mails(kept.email)) == before
    browser = Browser()
    assert browser.post(reset_link()).url == "/login/verify/"
    assert browser.get("/password/new/").url.startswith("/password/forgot/"), "the link alone"
    browser.post("/login/verify/", {"code": code("+447700900201")})
    words = dict.fromkeys(("new_password1", "new_password2"), "seven green boats at noon")
    browser.post("/password/new/", words)
    for target in (kept.email, SECOND):
        assert "your password was changed" in mails(target)[0]
    browser.password(kept, words["new_password1"])
    browser.post("/login/verify/", {"code": code("+447700900201")})
    assert browser.signed_in


def test_link_to_recovery_email_and_a_pass_bring_everything_back(
    kept: User, root: User, clock
) -> None:
    """NIST SP 800-63B-4, 4.2.2.2: the phone, the password and the first address are lost."""
    clock.shift(WEEK)
    given = made(root, kept)
    ask_elsewhere(kept)
    browser = Browser()
    browser.post(reset_link())
    browser.post("/login/pass/", {"code": given})
    words = dict.fromkeys(("new_password1", "new_password2"), "seven green boats at noon")
    assert browser.post("/password/new/", words).url == "/login/enroll/phone/"


@pytest.mark.parametrize(
    "columns",
    [
        {"ever_bound_at": None},
        {"only_email_since": datetime(2026, 1, 1, tzinfo=UTC)},
        {"recovery_email": ""},
        {"is_active": False},
    ],
    ids=["no factor", "only an email as factor", "no address", "inactive"],
)
def test_no_link_goes_where_the_address_would_be_enough(kept: User, clock, columns) -> None:
    clock.shift(WEEK)
    User.objects.filter(pk=kept.pk).update(**columns)
    before = OutboxMessage.objects.count()
    assert ask_elsewhere(kept).url == "/password/forgot/sent/"
    assert OutboxMessage.objects.count() == before


@pytest.mark.parametrize(
    "rules", [{"methods": ["email"]}, {"enforcement": "off"}], ids=["only email", "MFA off"]
)
def test_no_link_goes_there_if_no_phone_or_app_is_asked(kept: User, clock, rules) -> None:
    """EM-07, RV-02."""
    clock.shift(WEEK)
    SitePolicy.note(**rules)
    ask_elsewhere(kept)
    assert not reset_link()


def test_link_to_recovery_email_never_stands_alone(kept: User, clock) -> None:
    """The rules can change after the email was sent, so the link's own flow asks (RV-02)."""
    clock.shift(WEEK)
    ask_elsewhere(kept)
    SitePolicy.note(enforcement="off")
    browser = Browser()
    assert browser.post(reset_link()).url == "/password/forgot/?notice=ended"
    assert browser.get("/password/new/").url == "/password/forgot/?notice=ended"


def test_link_to_recovery_email_is_no_code_to_the_first_address(kept: User, clock) -> None:
    """If codes by email are all that is left, the link proves the other address."""
    clock.shift(WEEK)
    ask_elsewhere(kept)
    kept.factors.update(status="suspended")
    SitePolicy.note(email_codes="login")
    browser = Browser()
    assert browser.post(reset_link()).url != "/password/new/"
    assert browser.get("/password/new/").url.startswith("/password/forgot/")


def test_link_to_recovery_email_does_not_prove_the_first_address(kept: User, clock) -> None:
    clock.shift(WEEK)
    User.objects.filter(pk=kept.pk).update(mailbox_proven_at=None)
    ask_elsewhere(kept)
    browser = Browser()
    browser.post(reset_link())
    browser.post("/login/verify/", {"code": code("+447700900201")})
    words = dict.fromkeys(("new_password1", "new_password2"), "seven green boats at noon")
    browser.post("/password/new/", words)
    kept.refresh_from_db()
    assert kept.check_password(words["new_password1"])
    assert kept.mailbox_proven_at is None


def test_no_link_goes_where_login_codes_go(kept: User, clock) -> None:
    """Then one email address would be enough to log in, although the person has a phone."""
    clock.shift(WEEK)
    kept.factors.create(kind="email", target=SECOND, confirmed_at=timezone.now())
    ask_elsewhere(kept)
    assert not reset_link()


def test_link_ends_with_the_recovery_email(kept: User, clock) -> None:
    clock.shift(WEEK)
    ask_elsewhere(kept)
    link = reset_link()
    User.objects.filter(pk=kept.pk).update(recovery_email="alice.third@example.net")
    assert Browser().post(link).status_code == 410


@pytest.mark.parametrize("email", ["alice@example.org", "charlie@example.org", "no@example.org"])
def test_nothing_tells_who_has_a_recovery_email(
    kept: User, charlie: User, clock, caplog: pytest.LogCaptureFixture, email: str
) -> None:
    """LG-03: kept is Alice; Charlie has no such address."""
    clock.shift(WEEK)
    caplog.set_level("INFO", logger="celery.app.trace")
    browser = Browser()
    answer = browser.post("/password/forgot/", {"email": email, "recovery": "yes"})
    assert (answer.status_code, answer.url) == (302, "/password/forgot/sent/")
    assert not browser.cookies
    assert caplog.text.count("Task mfa.deliveries.deliver[") == 1


def test_recovery_email_neither_logs_in_nor_resets(kept: User, clock) -> None:
    """RV-04."""
    SitePolicy.note(email_codes="off")
    clock.shift(WEEK)
    browser = Browser()
    browser.post("/password/forgot/", {"email": SECOND})
    assert "/password/reset/" not in mails(SECOND)[0]
    browser.password(kept)
    browser.post("/login/mailbox/", {"other": "yes"})
    assert browser.get("/login/mailbox/").url != "/login/mailbox/"
    assert not OutboxMessage.objects.filter(target=SECOND, body__regex=r"[0-9]{6}").exists()


def test_removed_address_is_notified_and_gets_nothing_more(kept: User, browser: Browser) -> None:
    browser.post(PAGE, {"remove": "yes"})
    kept.refresh_from_db()
    assert (kept.recovery_email, kept.recovery_email_at) == ("", None)
    assert "no longer has a recovery email" in mails(SECOND)[0]
    before = len(mails(SECOND))
    start(Browser(), kept)
    assert len(mails(SECOND)) == before


def test_report_of_the_change_forgets_the_address(kept: User) -> None:
    event = AuditEvent.objects.get(event=Event.RECOVERY_EMAIL_CHANGED)
    address = kept.not_me_link(event.pk, at=event.at)
    Browser().post(address.removeprefix("http://testserver"))
    kept.refresh_from_db()
    assert kept.recovery_email == ""
    assert not kept.has_usable_password()
