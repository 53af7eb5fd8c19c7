"""A wrong or lost ENCRYPTION_KEYS: passwords and emailed codes work, the rest shows the reason."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from accounts.models import User
from mfa.audit import NOWHERE
from mfa.challenges import Outcome
from mfa.factors import totp
from mfa.management.commands import reencrypt
from mfa.models import Delivery, Factor, SitePolicy, SmsAccount
from mfa.models.push import PushDevice
from mfa.rules.totp import hotp, step_at
from tests.architecture.addresses import ADMIN
from tests.authenticator import give_app
from tests.conftest import NOON, give_codes
from tests.portal_client import Browser, code

FORM = "/admin/mfa/accountpolicy/1/change/"
TEXTS_OUT = "Texts are not available right now."
APPS_OUT = "Codes from authenticator apps are not available right now."
CODES_OUT = "Recovery codes are not available right now."


@pytest.fixture
def lost(settings) -> str:
    """Replace the key that encrypted the stored values."""
    former = settings.ENCRYPTION_KEYS[0]

    def lose() -> str:
        settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
        return former

    return lose


def page(browser: Browser, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_texts_are_reported_down_and_email_logs_in(browser: Browser, alice: User, lost) -> None:
    lost()
    assert browser.password(alice).url == "/login/choose/"
    shown = page(browser, "/login/choose/")
    assert TEXTS_OUT in shown
    assert "Use another way below." in shown
    browser.post("/login/choose/", {"route": "email"})
    browser.post("/login/verify/", {"code": code(alice.email)})
    assert browser.signed_in


def test_apps_and_recovery_codes_are_reported_down_and_email_logs_in(
    browser: Browser, bob: User, lost
) -> None:
    give_codes(bob)
    give_app(bob)
    User.objects.filter(pk=bob.pk).update(ever_bound_at=NOON)
    lost()
    browser.password(bob)
    shown = page(browser, "/login/choose/")
    assert APPS_OUT in shown
    assert CODES_OUT in shown
    assert TEXTS_OUT not in shown
    browser.post("/login/choose/", {"route": "email"})
    browser.post("/login/verify/", {"code": code(bob.email)})
    assert browser.signed_in


def test_unreadable_app_accepts_no_code(bob: User, lost) -> None:
    """Anyone could compute the codes of an empty secret."""
    app = give_app(bob)
    lost()
    from django.utils import timezone

    typed = hotp(b"", step_at(timezone.now().timestamp()))
    assert totp.judge(bob, app, typed, client=NOWHERE).outcome is Outcome.EXPIRED


def test_staff_without_other_method_see_contact(browser: Browser, root: User, lost) -> None:
    lost()
    assert browser.password(root).url == "/login/help/"
    assert "we can't send texts right now" in page(browser, "/login/help/")


def test_people_cannot_enroll_unusable_factor(browser: Browser, bob: User, lost) -> None:
    lost()
    browser.password(bob)
    shown = browser.post("/login/enroll/phone/", {"phone": "+447700900250"}).content.decode()
    assert "We can&#x27;t send texts right now." in shown


def test_app_setup_under_other_key_restarts(browser: Browser, bob: User, lost) -> None:
    browser.password(bob)
    browser.post("/login/enroll/app/")
    lost()
    assert browser.post("/login/enroll/app/", {"code": "123456"}).status_code == 200


def test_policy_has_no_encrypted_values() -> None:
    """A wrong key stops texts, but not pages."""
    encrypted = {model for model, _column in reencrypt.places()}
    assert encrypted == {Factor, PushDevice, SmsAccount}


def test_password_logs_in_with_mfa_off(browser: Browser, alice: User, lost) -> None:
    SitePolicy.objects.update(enabled=False)
    lost()
    assert page(browser, "/login/")
    browser.password(alice)
    assert browser.signed_in


def test_admin_pages_work_with_lost_key(ruling: Browser, root: User, lost) -> None:
    """And the account policy and the factor list name the cause."""
    give_app(root)
    lost()
    broken = [str(each) for each in ADMIN if ruling.get(each.path).status_code >= 500]
    assert broken == []
    assert "missing from ENCRYPTION_KEYS" in page(ruling, FORM)
    assert "its encryption key is missing" in page(ruling, "/admin/mfa/factor/")


def test_restored_key_fixes_everything(browser: Browser, alice: User, settings, lost) -> None:
    former = lost()
    SitePolicy.load().save()
    browser.password(alice)
    settings.ENCRYPTION_KEYS = [*settings.ENCRYPTION_KEYS, former]
    browser.password(alice)
    assert Delivery.objects.filter(channel="sms").exists()


def test_new_token_under_new_key_sends_texts(office: Browser, alice: User, lost) -> None:
    """It is confirmed like any other new value."""
    lost()
    policy = SitePolicy.load()
    values = {
        "sms_account_id": policy.sms.account_id,
        "sms_phone_number": policy.sms.phone_number,
    }
    office.post(FORM, {**values, "enabled": "on", "sms_auth_token": "n" * 32, "home_region": "GB"})
    call_command("sms_account", "confirm")
    assert Browser().password(alice).url == "/login/verify/"


def test_other_policy_values_can_be_saved_with_lost_key(office: Browser, lost) -> None:
    lost()
    policy = SitePolicy.load()
    values = {
        "sms_account_id": policy.sms.account_id,
        "sms_phone_number": policy.sms.phone_number,
    }
    office.post(FORM, {**values, "enabled": "on", "contact": "the new desk"})
    assert SitePolicy.load().contact == "the new desk"
    assert SmsAccount.load().candidate_since is None
