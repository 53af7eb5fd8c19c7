"""The mail test, and what else the policy's page says of account and mail (A02-A04, A26, M12)."""

import re

import pytest
from pytest_django import Settings

from accounts.models import User
from mfa.channels.base import DeliveryError, Finding
from mfa.channels.outbox import OutboxChannel
from mfa.models import AccountPolicy, AuditEvent, OutboxMessage, Reason
from tests.conftest import give_phone, make_user
from tests.mfa.test_deliveries import Wire, sms
from tests.mfa.test_failures import fail
from tests.portal_client import Browser

__all__ = ["sms"]

pytestmark = pytest.mark.django_db

FORM = "/admin/mfa/accountpolicy/1/change/"
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
    AccountPolicy.load()
    browser.password(make_user("root@example.org", is_staff=True, is_superuser=True))
    return browser


@pytest.fixture
def broken_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail server refuses the login."""

    def refuse(_self: object, _message: object) -> None:
        raise DeliveryError(Reason.CREDENTIALS, code="535")

    monkeypatch.setattr("mfa.channels.email.EmailChannel.send", refuse)


@pytest.fixture
def failed(office: Browser, broken_mail: None) -> Browser:
    """The administrator after a test that failed."""
    office.post(MAIL)
    return office


def test_a_fresh_install_with_a_mail_server_offers_it(browser: Browser, alice: User) -> None:
    """Nobody has tested it, and nothing speaks against it."""
    assert offered(browser, alice)


def test_the_page_says_that_it_was_not_tested(office: Browser) -> None:
    assert "The mail server has not been tested" in form(office)


def test_the_mail_goes_to_the_administrator_and_is_told(office: Browser, root: User) -> None:
    OutboxMessage.objects.all().delete()
    page = office.post(MAIL, follow=True).content.decode()
    mail = OutboxMessage.objects.get()
    assert (mail.target, mail.subject) == (root.email, "Acme Portal: a test of the mail")
    assert "The mail server took the test mail." in page
    assert "The mail server took a test mail" in form(office)
    assert AuditEvent.objects.filter(event="mail_tested", user=root).count() == 1


def test_a_failed_test_takes_the_offer_away_and_says_why(
    failed: Browser, other_browser: Browser, alice: User
) -> None:
    """A26."""
    assert not offered(other_browser, alice)
    page = form(failed)
    assert "“Send code to email” is not offered: the last test mail failed" in page
    assert "(535)" in page


def test_the_next_good_test_brings_it_back(
    failed: Browser, other_browser: Browser, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    failed.post(MAIL)
    assert offered(other_browser, alice)
    assert "is not offered" not in form(failed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_HOST", "mail.example.org"),
        ("EMAIL_PORT", 2525),
        ("EMAIL_HOST_PASSWORD", "other"),
        ("DEFAULT_FROM_EMAIL", "portal@example.org"),
    ],
)
def test_another_configuration_is_not_tested_yet(
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
    assert "The mail server has not been tested" in form(failed)


def test_what_is_kept_tells_no_password(settings: Settings, failed: Browser) -> None:
    settings.EMAIL_HOST_PASSWORD = "hunter2"
    failed.post(MAIL)
    kept = AccountPolicy.objects.values("mail_test_config").get()["mail_test_config"]
    assert re.fullmatch("[0-9a-f]{64}", kept)


def test_without_a_mail_server_there_is_no_button(office: Browser, settings: Settings) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    page = form(office)
    assert "the operator has set no mail server" in page
    assert "test-mail" not in page
    said = office.post(MAIL, follow=True).content.decode()
    assert "The test mail failed: This portal has no mail server: set EMAIL_URL." in said
    assert AccountPolicy.load().mail_test_reason == Reason.INTERNAL


def test_a_code_by_email_asked_for_all_the_same_is_refused_in_words(
    failed: Browser, other_browser: Browser, alice: User
) -> None:
    """M12."""
    other_browser.password(alice)
    page = other_browser.post("/login/verify/email/").content.decode()
    assert "Email is not available right now. Use a text or ask the help desk." in page
    assert not OutboxMessage.objects.filter(channel="email", target=alice.email).exists()


def test_charlie_may_not_test(other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    assert other_browser.post(MAIL).status_code in {302, 403}
    assert not AuditEvent.objects.filter(event="mail_tested").exists()


# Trial, cost, steps, untested values


def test_a_trial_account_stays_said_after_the_test(
    office: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A03."""
    found = [Finding(good=True, text="A trial.", is_trial=True)]
    monkeypatch.setattr(OutboxChannel, "check", lambda _self: found)
    assert "This is a trial account" not in form(office)
    office.post("/admin/mfa/accountpolicy/test-connection/")
    assert "This is a trial account" in form(office)
    monkeypatch.undo()
    office.post("/admin/mfa/accountpolicy/test-connection/")
    assert "This is a trial account" not in form(office)


def test_a_refusal_for_the_trial_is_remembered_too(sms: Wire, alice: User) -> None:
    """M17."""
    fail(sms, alice, Reason.TRIAL, "21608")
    assert AccountPolicy.load().is_trial


@pytest.mark.parametrize("known", ["is_trial", "unredacted"])
def test_what_is_known_of_an_account_ends_with_it(installer: Browser, known: str) -> None:
    """First-time setup: the new values are used at once."""
    AccountPolicy.objects.update(**{known: True})
    values = {"sms_account_id": "AC" + "1" * 32, "sms_phone_number": "+15005550006"}
    installer.post(FORM, values)
    assert not getattr(AccountPolicy.load(), known)


@pytest.mark.parametrize("known", ["is_trial", "unredacted"])
def test_what_is_known_of_an_account_stays_while_another_waits(office: Browser, known: str) -> None:
    AccountPolicy.objects.update(**{known: True})
    values = {"sms_account_id": "AC" + "1" * 32, "sms_phone_number": "+15005550006"}
    office.post(FORM, values | {"enabled": "on"})
    assert getattr(AccountPolicy.load(), known)


def test_texts_that_twilio_keeps_stay_said_while_they_should_not_be(
    office: Browser, settings
) -> None:
    settings.SMS_REDACT = True
    assert "Message Redaction" not in form(office)
    AccountPolicy.objects.update(unredacted=True)
    assert "Message Redaction is not enabled for this account" in form(office)
    settings.SMS_REDACT = False
    assert "Message Redaction" not in form(office)


def test_the_page_says_what_texts_cost_and_where_to_look(office: Browser) -> None:
    """A02."""
    page = form(office)
    assert "Each text costs money." in page
    assert 'href="https://www.twilio.com/console/usage"' in page


def test_values_changed_while_mfa_runs_are_said_to_wait(office: Browser) -> None:
    """S05."""
    words = "wait for a superuser"
    assert words not in form(office)
    values = {"sms_account_id": AccountPolicy.load().sms_account_id, "enabled": "on"}
    office.post(FORM, values | {"sms_phone_number": "+15005550009"})
    assert words in form(office)


@pytest.mark.parametrize("changed", ["SMS_API_KEY", "SMS_API_SECRET"])
def test_another_api_key_has_sent_no_test_message_yet(
    office: Browser, settings, changed: str
) -> None:
    words = "MFA is on with values that no test message has been typed back with."
    settings.SMS_API_KEY, settings.SMS_API_SECRET = "SK1", "secret"
    policy = AccountPolicy.load()
    AccountPolicy.objects.update(tested_credentials=policy.credentials())
    assert words not in form(office)
    setattr(settings, changed, "another")
    assert words in form(office)


STEPS = [
    "Open twilio.com",
    "start the free trial",
    "confirm your email",
    "press Verify",
    "press Submit",
    "dashboard",
    "trial phone number",
    "Choose the number",
    "Note three values",
]


def test_nine_steps_lead_to_an_account(office: Browser) -> None:
    """A04: linked from the form, in this order."""
    assert 'href="/admin/mfa/accountpolicy/setup-steps/"' in form(office)
    page = office.get("/admin/mfa/accountpolicy/setup-steps/").content.decode()
    steps = re.findall(r"<li>(.*?)</li>", page[page.index("<ol>") : page.index("</ol>")])
    assert len(steps) == len(STEPS)
    assert [words for words, step in zip(STEPS, steps, strict=True) if words not in step] == []


def test_the_steps_are_for_who_may_change_the_policy(
    browser: Browser, policy: AccountPolicy
) -> None:
    """A08."""
    support = make_user("sam@example.org", is_staff=True)
    give_phone(support, "+447700900230")
    browser.log_in(support)
    assert browser.get("/admin/mfa/accountpolicy/setup-steps/").status_code == 403
