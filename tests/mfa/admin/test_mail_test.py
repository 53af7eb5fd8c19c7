"""The mail test, and hints about account and mail on the policy page (A02-A04, A26, M12)."""

import re

import pytest
from pytest_django import Settings

from accounts.models import User
from mfa.channels.base import DeliveryError, Finding
from mfa.channels.outbox import OutboxChannel
from mfa.models import AuditEvent, ChannelHealth, OutboxMessage, Reason, SitePolicy, SmsAccount
from tests.conftest import give_phone, make_user
from tests.mfa.messages.test_failures import fail
from tests.mfa.messages.wires import Wire, sms
from tests.portal_client import Browser

__all__ = ["sms"]

pytestmark = pytest.mark.django_db

FORM = "/admin/mfa/accountpolicy/1/change/"
TEST = "/admin/mfa/accountpolicy/test-message/"
MAIL = "/admin/mfa/accountpolicy/test-mail/"
VERIFY = "/login/verify/"
OFFER = "Send code to email"


def form(office: Browser) -> str:
    return office.get(FORM).content.decode()


def offered(browser: Browser, alice: User) -> bool:
    browser.password(alice)
    return OFFER in browser.get(VERIFY).content.decode()


@pytest.fixture
def installer(browser: Browser) -> Browser:
    """The first superuser of a new install."""
    SitePolicy.load()
    browser.password(make_user("root@example.org", is_staff=True, is_superuser=True))
    return browser


@pytest.fixture
def broken_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server that refuses the login."""

    def refuse(_self: object, _message: object) -> None:
        raise DeliveryError(Reason.CREDENTIALS, code="535")

    monkeypatch.setattr("mfa.channels.email.EmailChannel.send", refuse)


@pytest.fixture
def failed(office: Browser, broken_mail: None) -> Browser:
    """The administrator after a test that failed."""
    office.post(MAIL)
    return office


def test_email_codes_are_offered_with_untested_mail_server(browser: Browser, alice: User) -> None:
    """Nobody has tested it, so it counts as working."""
    assert offered(browser, alice)


def test_page_shows_untested_mail_server(office: Browser) -> None:
    assert "Not tested yet" in form(office)


def test_mail_test_goes_to_administrator(office: Browser, root: User) -> None:
    OutboxMessage.objects.all().delete()
    page = office.post(MAIL, follow=True).content.decode()
    mail = OutboxMessage.objects.get()
    assert (mail.target, mail.subject) == (root.email, "Acme Portal: test email")
    assert "The mail server accepted the test email." in page
    assert "<dt>Email test</dt><dd><time" in form(office)
    assert AuditEvent.objects.filter(event="mail_tested", user=root).count() == 1


def test_failed_mail_test_turns_off_email_codes_with_reason(
    failed: Browser, other_browser: Browser, alice: User
) -> None:
    """A26."""
    assert not offered(other_browser, alice)
    page = form(failed)
    assert "Codes by email are not available: the last test email failed" in page
    assert "(535)" in page


def test_first_test_message_tells_why_email_fails(installer: Browser, broken_mail: None) -> None:
    """Once: the text goes out, and later ones leave the mail server alone."""
    SmsAccount.note(account_id="AC" + "0" * 32, auth_token="x", phone_number="+15005550006")
    page = installer.post(TEST, {"phone": "+447700900240"}, follow=True).content.decode()
    assert "The test email failed. The reason: The mail server rejected the username" in page
    assert "Enter the code you received" in page
    installer.post(TEST, {"phone": "+447700900240"})
    assert AuditEvent.objects.filter(event="mail_tested").count() == 1
    assert installer.post(MAIL).url == "/admin/"


def test_successful_mail_test_turns_on_email_codes(
    failed: Browser, other_browser: Browser, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    failed.post(MAIL)
    assert offered(other_browser, alice)
    assert "not available" not in form(failed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_HOST", "mail.example.org"),
        ("EMAIL_PORT", 2525),
        ("EMAIL_HOST_PASSWORD", "other"),
        ("DEFAULT_FROM_EMAIL", "portal@example.org"),
    ],
)
def test_changed_configuration_counts_as_untested(
    failed: Browser,
    other_browser: Browser,
    alice: User,
    settings: Settings,
    *,
    name: str,
    value: object,
) -> None:
    setattr(settings, name, value)
    assert offered(other_browser, alice)
    assert "Not tested yet" in form(failed)


def test_stored_test_result_reveals_no_password(settings: Settings, failed: Browser) -> None:
    settings.EMAIL_HOST_PASSWORD = "hunter2"
    failed.post(MAIL)
    kept = ChannelHealth.load().mail_test_config
    assert re.fullmatch("[0-9a-f]{64}", kept)


def test_email_button_is_hidden_without_mail_server(office: Browser, settings: Settings) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    page = form(office)
    assert "the operator has not set EMAIL_URL" in page
    assert "test-mail" not in page
    said = office.post(MAIL, follow=True).content.decode()
    assert "The reason: This portal has no mail server: set EMAIL_URL." in said
    assert ChannelHealth.load().mail_test_reason == Reason.INTERNAL


def test_requested_email_code_is_refused_with_reason(
    failed: Browser, other_browser: Browser, alice: User
) -> None:
    """M12."""
    other_browser.password(alice)
    page = other_browser.post("/login/verify/email/").content.decode()
    assert "Email is not available right now. Use a text or ask the help desk." in page
    assert not OutboxMessage.objects.filter(channel="email", target=alice.email).exists()


def test_charlie_cannot_run_mail_test(other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    assert other_browser.post(MAIL).status_code in {302, 403}
    assert not AuditEvent.objects.filter(event="mail_tested").exists()


# Trial, cost, steps, untested values


def test_trial_account_stays_shown_after_test(
    office: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A03."""
    found = [Finding(good=True, text="A trial.", is_trial=True)]
    monkeypatch.setattr(OutboxChannel, "check", lambda _self, _values=None: found)
    assert "This is a trial account" not in form(office)
    office.post("/admin/mfa/accountpolicy/test-connection/")
    assert "This is a trial account" in form(office)
    monkeypatch.undo()
    office.post("/admin/mfa/accountpolicy/test-connection/")
    assert "This is a trial account" not in form(office)


def test_refusal_for_trial_is_remembered_too(sms: Wire, alice: User) -> None:
    """M17."""
    fail(sms, alice, Reason.TRIAL, "21608")
    assert SmsAccount.load().is_trial


@pytest.mark.parametrize("known", ["is_trial", "unredacted"])
def test_known_facts_are_dropped_with_the_account(installer: Browser, known: str) -> None:
    """First setup: the new values take effect at once."""
    SmsAccount.note(**{known: True})
    values = {"sms_account_id": "AC" + "1" * 32, "sms_phone_number": "+15005550006"}
    installer.post(FORM, values)
    assert not getattr(SmsAccount.load(), known)


@pytest.mark.parametrize("known", ["is_trial", "unredacted"])
def test_known_facts_stay_while_new_account_waits(office: Browser, known: str) -> None:
    SmsAccount.note(**{known: True})
    values = {"sms_account_id": "AC" + "1" * 32, "sms_phone_number": "+15005550006"}
    office.post(FORM, values | {"enabled": "on"})
    assert getattr(SmsAccount.load(), known)


def test_unredacted_texts_stay_reported(office: Browser, settings) -> None:
    settings.SMS_REDACT = True
    assert "Message Redaction" not in form(office)
    SmsAccount.note(unredacted=True)
    assert "Message Redaction is not enabled for this account" in form(office)
    settings.SMS_REDACT = False
    assert "Message Redaction" not in form(office)


def test_page_says_what_texts_cost_and_where_to_look(office: Browser) -> None:
    """A02."""
    page = form(office)
    assert "each text costs money." in page
    assert 'href="https://www.twilio.com/console/usage"' in page


def test_values_changed_with_mfa_on_are_shown_as_waiting(office: Browser) -> None:
    """S05."""
    words = "until a superuser confirms the new ones"
    assert words not in form(office)
    values = {"sms_account_id": SmsAccount.load().account_id, "enabled": "on"}
    office.post(FORM, values | {"sms_phone_number": "+15005550009"})
    assert words in form(office)


@pytest.mark.parametrize("changed", ["SMS_API_KEY", "SMS_API_SECRET"])
def test_new_api_key_counts_as_untested(office: Browser, settings, changed: str) -> None:
    words = "No test message was verified with the current values."
    settings.SMS_API_KEY, settings.SMS_API_SECRET = "SK1", "secret"
    policy = SitePolicy.load()
    SmsAccount.note(tested_credentials=policy.sms.credentials())
    assert words not in form(office)
    setattr(settings, changed, "another")
    assert words in form(office)


STEPS = [
    "Open twilio.com",
    "start the free trial",
    "confirm your email address",
    "press Verify",
    "press Submit",
    "dashboard",
    "trial phone number",
    "Choose the number",
    "Copy three values",
]


def test_nine_steps_lead_to_an_account(office: Browser) -> None:
    """A04: linked from the form, in this order."""
    assert 'href="/admin/mfa/accountpolicy/setup-steps/"' in form(office)
    page = office.get("/admin/mfa/accountpolicy/setup-steps/").content.decode()
    steps = re.findall(r"<li>(.*?)</li>", page[page.index("<ol>") : page.index("</ol>")])
    assert len(steps) == len(STEPS)
    assert [words for words, step in zip(STEPS, steps, strict=True) if words not in step] == []


def test_setup_steps_need_policy_permission(browser: Browser, policy: SitePolicy) -> None:
    """A08."""
    support = make_user("sam@example.org", is_staff=True)
    give_phone(support, "+447700900230")
    browser.log_in(support)
    assert browser.get("/admin/mfa/accountpolicy/setup-steps/").status_code == 403
