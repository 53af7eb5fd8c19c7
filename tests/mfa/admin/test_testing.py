"""Test connection and Send test message (A06, A32, M18)."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.channels.base import Channel, DeliveryError, Finding, Message, Receipt
from mfa.models import (
    AuditEvent,
    Challenge,
    Delivery,
    Event,
    OutboxMessage,
    Reason,
    SitePolicy,
    SmsAccount,
    SmsValues,
)
from tests.conftest import make_user
from tests.portal_client import Browser, code, codes

POLICY = "/admin/mfa/accountpolicy/"
FORM = f"{POLICY}1/change/"
TEST = "/admin/mfa/accountpolicy/test-message/"
STATUS = f"{TEST}status/"
CONNECT = "/admin/mfa/accountpolicy/test-connection/"
NUMBER = "+447700900240"
OWN = "+447700900204"


class BrokenChannel(Channel):
    """A provider behind a missing proxy."""

    def send(self, message: Message) -> Receipt:
        raise DeliveryError(Reason.PROXY, code="connect")

    def check(self, values: SmsValues | None = None) -> list[Finding]:
        raise DeliveryError(Reason.PROXY, code="connect")

    def explain(self, reason: Reason, code: str = "") -> str:
        return "The SMS service could not be reached through the proxy proxy.example.org."


class DoubtfulChannel(BrokenChannel):
    """A provider whose answer has a warning."""

    def check(self, values: SmsValues | None = None) -> list[Finding]:
        return [
            Finding(good=True, text="The account is active."),
            Finding(good=False, text="It is a trial account."),
        ]


@pytest.fixture
def broken(settings) -> None:
    backend = {"BACKEND": "tests.mfa.admin.test_testing.BrokenChannel", "OPTIONS": {}}
    settings.MFA_CHANNELS = settings.MFA_CHANNELS | {"sms": backend}


def test_connection_test_shows_providers_answer(office: Browser) -> None:
    response = office.post(CONNECT, follow=True)
    assert response.request["PATH_INFO"] == FORM
    assert "This is a demo: texts stay on the virtual phone." in response.content.decode()


def test_finding_with_doubt_is_a_warning(office: Browser, settings) -> None:
    """A03: a trial account says so."""
    backend = {"BACKEND": "tests.mfa.admin.test_testing.DoubtfulChannel", "OPTIONS": {}}
    settings.MFA_CHANNELS = settings.MFA_CHANNELS | {"sms": backend}
    shown = office.post(CONNECT, follow=True).context["messages"]
    assert [(message.level_tag, message.message) for message in shown] == [
        ("success", "The account is active."),
        ("warning", "It is a trial account."),
    ]


def test_fault_is_explained(office: Browser, broken: None) -> None:
    """A32, M19: no stack trace."""
    page = office.post(CONNECT, follow=True).content.decode()
    assert "through the proxy proxy.example.org" in page


def test_mistyped_number_is_corrected_and_texted_after_click(office: Browser) -> None:
    page = office.post(TEST, {"phone": "+44 +44 7546 123456"}).content.decode()
    assert "Did you mean this number?" in page
    assert 'name="phone" value="+44 7546 123456"' in page
    assert not OutboxMessage.objects.filter(target="+447546123456").exists()
    office.post(TEST, {"phone": "+44 7546 123456"})
    assert OutboxMessage.objects.filter(target="+447546123456").exists()


def test_get_does_not_test_connection(office: Browser) -> None:
    assert office.get(CONNECT).status_code == 405


def test_test_message_is_one_text_with_its_own_words(office: Browser) -> None:
    """A06."""
    assert office.post(TEST, {"phone": "07700 900240"}).url == TEST
    message = OutboxMessage.objects.get(target=NUMBER)
    assert "is your admin test code." in message.body
    page = office.get(TEST).content.decode()
    assert "Test message to the number ending 40: delivered." in page
    assert NUMBER[3:] not in page


def test_failed_test_message_shows_reason(office: Browser) -> None:
    """A06: with the reason, for administrators."""
    page = office.post(TEST, {"phone": "+447700900003"}, follow=True).content.decode()
    assert "number ending 03: failed." in page
    assert "Verify Code" not in page


def test_network_fault_is_explained(office: Browser, broken: None) -> None:
    page = office.post(TEST, {"phone": NUMBER}, follow=True).content.decode()
    assert "through the proxy proxy.example.org" in page


def test_script_of_page_learns_fault(office: Browser, broken: None) -> None:
    """The worker sends after the page was shown, so a wrong token would look like a slow text."""
    assert office.get(STATUS).status_code == 404
    office.post(TEST, {"phone": NUMBER})
    line = office.get(STATUS).json()
    assert line["words"].startswith("Test message to the number ending 40: failed. The SMS service")
    assert (line["problem"], line["final"]) == (True, True)


def test_missing_worker_is_explained(clock: time_machine.Traveller, office: Browser) -> None:
    office.post(TEST, {"phone": NUMBER})
    Delivery.objects.filter(target=NUMBER).update(state=Delivery.State.QUEUED)
    clock.shift(timedelta(seconds=9))
    assert office.get(STATUS).json()["words"].endswith("number ending 40: waiting to be sent.")
    clock.shift(timedelta(seconds=1))
    line = office.get(STATUS).json()
    assert line["words"].endswith(
        "No worker has taken it. Ask the operator to run manage.py doctor."
    )
    assert not line["final"]


@pytest.mark.parametrize("typed", ["", "12345", "020 7946 0000", "\x00"])
def test_invalid_number_is_explained(office: Browser, typed: str) -> None:
    assert office.post(TEST, {"phone": typed}).status_code == 200
    assert Challenge.objects.filter(purpose="test").count() == 0


def test_entered_code_confirms_test(office: Browser, policy: SitePolicy) -> None:
    SmsAccount.note(tested_credentials="")
    office.post(TEST, {"phone": NUMBER})
    response = office.post(TEST, {"code": code(NUMBER)}, follow=True)
    assert "The test message arrived" in response.content.decode()
    policy.refresh_from_db()
    assert policy.sms.tested
    assert policy.sms.tested_at is not None
    assert AuditEvent.objects.filter(event=Event.POLICY_TESTED).count() == 1


def test_wrong_code_does_not_confirm_test(office: Browser, policy: SitePolicy) -> None:
    SmsAccount.note(tested_credentials="")
    office.post(TEST, {"phone": NUMBER})
    wrong = f"{(int(code(NUMBER)) + 1) % 10**6:06}"
    page = office.post(TEST, {"code": wrong}).content.decode()
    assert "That is not the code we sent. 4 attempts left." in page
    policy.refresh_from_db()
    assert not policy.sms.tested


def test_code_without_test_message_does_not_confirm(office: Browser, policy: SitePolicy) -> None:
    SmsAccount.note(tested_credentials="")
    assert office.post(TEST, {"code": "123456"}).status_code == 200
    policy.refresh_from_db()
    assert not policy.sms.tested


def test_expired_code_does_not_confirm_test(
    clock: time_machine.Traveller, office: Browser, policy: SitePolicy
) -> None:
    SmsAccount.note(tested_credentials="")
    office.post(TEST, {"phone": NUMBER})
    clock.shift(timedelta(minutes=10, seconds=1))
    office.post(TEST, {"code": code(NUMBER)})
    policy.refresh_from_db()
    assert not policy.sms.tested


def test_tested_number_becomes_own_phone_if_wanted(office: Browser, root: User) -> None:
    """M18: so that nobody locks themselves out."""
    office.post(TEST, {"phone": NUMBER})
    office.post(TEST, {"code": code(NUMBER), "own": "on"})
    assert root.factors.usable().get(kind="phone").target == NUMBER
    assert office.get("/admin/").status_code == 200


def test_tested_number_does_not_become_own_phone_if_unwanted(office: Browser, root: User) -> None:
    office.post(TEST, {"phone": NUMBER})
    office.post(TEST, {"code": code(NUMBER)})
    assert root.factors.usable().get(kind="phone").target == OWN


def test_password_session_cannot_replace_phone(
    browser: Browser, policy: SitePolicy, root: User
) -> None:
    """EN-02: existing factors stay when MFA is on again."""
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    browser.password(root)
    browser.post(TEST, {"phone": NUMBER})
    page = browser.post(TEST, {"code": code(NUMBER), "own": "on"}, follow=True).content.decode()
    assert "Your own phone was not changed" in page
    assert root.factors.usable().get(kind="phone").target == OWN


def test_old_number_is_notified(office: Browser, root: User) -> None:
    """NT-02."""
    office.post(TEST, {"phone": NUMBER})
    office.post(TEST, {"code": code(NUMBER), "own": "on"})
    assert OutboxMessage.objects.filter(target=OWN, body__contains="no longer").exists()


def test_first_phone_raises_session_level(browser: Browser, policy: SitePolicy) -> None:
    """It can open the admin when MFA is on."""
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    root = make_user("root@example.org", is_staff=True, is_superuser=True)
    browser.password(root)
    browser.post(TEST, {"phone": NUMBER})
    browser.post(TEST, {"code": code(NUMBER), "own": "on"})
    policy.enabled = True
    policy.save(update_fields=["enabled"])
    assert browser.get("/admin/").status_code == 200
    assert root.sessions.get().aal == 2


def test_admin_closes_without_own_phone(browser: Browser, policy: SitePolicy) -> None:
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    browser.password(make_user("root@example.org", is_staff=True, is_superuser=True))
    browser.post(TEST, {"phone": NUMBER})
    browser.post(TEST, {"code": code(NUMBER)})
    policy.enabled = True
    policy.save(update_fields=["enabled"])
    assert browser.get("/admin/").status_code == 403


def test_each_test_sends_new_code(office: Browser) -> None:
    """Its code must use the values stored now."""
    office.post(TEST, {"phone": NUMBER})
    office.post(TEST, {"phone": NUMBER})
    first, second = codes(NUMBER)
    assert first != second


def test_eleventh_test_in_hour_waits(clock: time_machine.Traveller, office: Browser) -> None:
    """PS-07."""
    for _ in range(10):
        office.post(TEST, {"phone": NUMBER})
    response = office.post(TEST, {"phone": NUMBER})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert "You sent too many test messages." in response.content.decode()
    assert len(codes(NUMBER)) == 10
    assert "Enter the code you received" in response.content.decode()
    assert office.post(TEST, {"code": code(NUMBER)}).url == POLICY


def test_ten_wrong_codes_cause_lockout(
    clock: time_machine.Traveller, office: Browser, root: User
) -> None:
    office.post(TEST, {"phone": NUMBER})
    wrong = f"{(int(code(NUMBER)) + 1) % 10**6:06}"
    office.blame(root, 9)
    office.post(TEST, {"code": wrong})
    response = office.post(TEST, {"code": code(NUMBER)})
    assert response.status_code == 429
    assert "Too many attempts. Try again in" in response.content.decode()
    assert "Send another test message" in response.content.decode()


def test_test_code_does_not_log_in(office: Browser, other_browser: Browser, root: User) -> None:
    """OT-04."""
    office.post(TEST, {"phone": OWN})
    test_code = code(OWN)
    other_browser.password(root)
    other_browser.post("/login/verify/", {"code": test_code})
    assert not other_browser.signed_in


def test_test_of_another_administrator_is_not_shown(
    office: Browser, other_browser: Browser, policy: SitePolicy
) -> None:
    """Each has their own question."""
    office.post(TEST, {"phone": NUMBER})
    policy.enabled, policy.first_enabled_at = False, None
    policy.save()
    other_browser.password(make_user("second@example.org", is_staff=True, is_superuser=True))
    assert "number ending 40" not in other_browser.get(TEST).content.decode()
    other_browser.post(TEST, {"code": code(NUMBER), "own": "on"})
    assert not User.objects.get(email="second@example.org").factors.exists()


@pytest.mark.parametrize("method", ["put", "delete"])
def test_other_methods_are_refused(office: Browser, method: str) -> None:
    assert getattr(office, method)(TEST).status_code == 405
