"""A wrong or lost ENCRYPTION_KEYS: passwords and emailed codes work, the rest says why not."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from accounts.models import User
from mfa import totp
from mfa.answers import Answer
from mfa.audit import NOWHERE
from mfa.models import AccountPolicy, Delivery
from mfa.rules.totp import hotp, step_at
from tests.architecture.addresses import ADMIN
from tests.authenticator import give_app
from tests.conftest import NOON, give_codes
from tests.portal_client import Browser, code

FORM = "/admin/mfa/accountpolicy/1/change/"
TEXTS_OUT = "Texts are out of order at the moment."
APPS_OUT = "Codes from authenticator apps are out of order at the moment."
CODES_OUT = "Recovery codes are out of order at the moment."


@pytest.fixture
def lost(settings) -> str:
    """Another key than what is stored was encrypted with."""
    former = settings.ENCRYPTION_KEYS[0]

    def lose() -> str:
        settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
        return former

    return lose


def page(browser: Browser, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_texts_say_that_they_are_out_of_order_and_email_logs_in(
    browser: Browser, alice: User, lost
) -> None:
    lost()
    assert browser.password(alice).url == "/login/choose/"
    shown = page(browser, "/login/choose/")
    assert TEXTS_OUT in shown
    assert "Use another way below." in shown
    browser.post("/login/choose/", {"route": "email"})
    browser.post("/login/verify/", {"code": code(alice.email)})
    assert browser.signed_in


def test_apps_and_recovery_codes_say_so_too_and_email_logs_in(
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


def test_an_app_that_cannot_be_read_takes_no_code(bob: User, lost) -> None:
    """Of an empty secret anybody could tell the codes."""
    app = give_app(bob)
    lost()
    from django.utils import timezone

    typed = hotp(b"", step_at(timezone.now().timestamp()))
    assert totp.judge(bob, app, typed, origin=NOWHERE).answer is Answer.EXPIRED


def test_staff_without_another_way_read_whom_to_ask(browser: Browser, root: User, lost) -> None:
    lost()
    assert browser.password(root).url == "/login/help/"
    assert "we cannot send texts at the moment" in page(browser, "/login/help/")


def test_people_without_a_factor_enroll_nothing_that_would_not_work(
    browser: Browser, bob: User, lost
) -> None:
    lost()
    browser.password(bob)
    shown = browser.post("/login/enroll/phone/", {"phone": "+447700900250"}).content.decode()
    assert "We cannot send texts at the moment." in shown


def test_an_app_whose_setup_was_begun_under_another_key_begins_anew(
    browser: Browser, bob: User, lost
) -> None:
    browser.password(bob)
    browser.post("/login/enroll/app/")
    lost()
    assert browser.post("/login/enroll/app/", {"code": "123456"}).status_code == 200


def test_no_page_of_the_administration_breaks(ruling: Browser, root: User, lost) -> None:
    """And the policy's page and the list of factors name the cause."""
    give_app(root)
    lost()
    broken = [str(each) for each in ADMIN if ruling.get(each.path).status_code >= 500]
    assert broken == []
    assert "missing from ENCRYPTION_KEYS" in page(ruling, FORM)
    assert "its encryption key is missing" in page(ruling, "/admin/mfa/factor/")


def test_the_key_back_in_its_place_heals_everything(
    browser: Browser, alice: User, settings, lost
) -> None:
    former = lost()
    AccountPolicy.load().save()
    browser.password(alice)
    settings.ENCRYPTION_KEYS = [*settings.ENCRYPTION_KEYS, former]
    browser.password(alice)
    assert Delivery.objects.filter(channel="sms").exists()


def test_a_new_token_saved_under_the_new_key_texts_again(
    office: Browser, alice: User, lost
) -> None:
    """It is confirmed like any other new value."""
    lost()
    policy = AccountPolicy.load()
    values = {"sms_account_id": policy.sms_account_id, "sms_phone_number": policy.sms_phone_number}
    office.post(FORM, {**values, "enabled": "on", "sms_auth_token": "n" * 32, "home_region": "GB"})
    call_command("sms_account", "confirm")
    assert Browser().password(alice).url == "/login/verify/"


def test_other_values_of_the_policy_are_saved_meanwhile(office: Browser, lost) -> None:
    lost()
    policy = AccountPolicy.load()
    values = {"sms_account_id": policy.sms_account_id, "sms_phone_number": policy.sms_phone_number}
    office.post(FORM, {**values, "enabled": "on", "contact": "the new desk"})
    assert AccountPolicy.load().contact == "the new desk"
    assert AccountPolicy.load().candidate_since is None
