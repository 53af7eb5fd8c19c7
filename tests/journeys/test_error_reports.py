"""DT-04: what administrators learn from an error report."""

import logging
from collections.abc import Iterator

import pytest
from django.core import mail
from django.utils.log import AdminEmailHandler

from accounts.models import User
from mfa.models import Challenge
from tests.journeys.conftest import PHONE
from tests.portal_client import PASSWORD, Browser, code

NUMBER = "+447700900201"


@pytest.fixture(autouse=True)
def _reports_by_mail(settings) -> Iterator[None]:
    """Django's own report, with the variables of every frame."""
    settings.ADMINS = [("Operator", "operator@example.org")]
    logger, handler = logging.getLogger("django.request"), AdminEmailHandler(include_html=True)
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


def reports(settings, browser: Browser, path: str, form: dict[str, str]) -> str:
    """Post a form that causes an error. Return everything that is emailed about it."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    browser.raise_request_exception = False
    assert browser.post(path, form).status_code == 500
    assert mail.outbox
    parts = [part for message in mail.outbox for part in message.alternatives]
    return "".join([message.body for message in mail.outbox] + [part.content for part in parts])


def break_keys(settings) -> None:
    """An invalid former key, such as a typo in the environment."""
    Challenge.objects.update(key="00000000")
    settings.SECRET_KEY_FALLBACKS = [None]


def test_code_of_login_is_hidden(settings, asked: Browser) -> None:
    right = code(NUMBER)
    break_keys(settings)
    report = reports(settings, asked, "/login/verify/", {"code": right})
    assert "Traceback" in report
    assert right not in report


def test_session_and_its_nonce_are_hidden(settings, asked: Browser) -> None:
    """With the nonce and the secret key, anyone could derive the code."""
    nonce, key = asked.session["mfa_pending"]["nonce"], asked.session.session_key
    break_keys(settings)
    report = reports(settings, asked, "/login/verify/", {"code": "123456"})
    assert nonce not in report
    assert key not in report


def test_code_of_enrollment_is_hidden(settings, proving: Browser) -> None:
    right = code("+447700900250")
    break_keys(settings)
    assert right not in reports(settings, proving, "/login/enroll/verify/", {"code": right})


def test_code_of_change_is_hidden(settings, home: Browser) -> None:
    home.post("/me/phone/", {"phone": "+447700900250"})
    right = code("+447700900250")
    break_keys(settings)
    assert right not in reports(settings, home, "/me/phone/verify/", {"code": right})


def test_code_of_test_message_is_hidden(settings, office: Browser) -> None:
    path = "/admin/mfa/accountpolicy/test-message/"
    office.post(path, {"phone": "+447700900250"})
    right = code("+447700900250")
    break_keys(settings)
    assert right not in reports(settings, office, path, {"code": right})


@pytest.mark.parametrize("station", ["enrolling", "home"])
def test_number_is_hidden(settings, request: pytest.FixtureRequest, station: str) -> None:
    browser = request.getfixturevalue(station)
    settings.SMS_TEST_NUMBERS = None
    path = {"enrolling": PHONE, "home": "/me/phone/"}[station]
    report = reports(settings, browser, path, {"phone": "+447700900250"})
    assert "Traceback" in report
    assert "7700900250" not in report


def test_password_of_login_is_hidden(settings, browser: Browser, alice: User) -> None:
    settings.PASSWORD_HASHERS = ["no.such.Hasher"]
    form = {"email": alice.email, "password": PASSWORD}
    report = reports(settings, browser, "/login/", form)
    assert "Traceback" in report
    assert PASSWORD not in report
    assert alice.password not in report


def test_passwords_of_change_are_hidden(settings, home: Browser) -> None:
    new = "another long enough one"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    settings.PASSWORD_HASHERS = ["no.such.Hasher"]
    report = reports(settings, home, "/me/password/", form)
    assert PASSWORD not in report
    assert new not in report


def test_token_of_sms_account_is_hidden(settings, office: Browser) -> None:
    settings.ENCRYPTION_KEYS = ["no key"]
    # The page cannot be opened first, because it reads the policy too.
    form = {"sms_auth_token": "5ecret5ecret5ecret5ecret5ecrab12", "_seen": "{}"}
    report = reports(settings, office, "/admin/mfa/accountpolicy/1/change/", form)
    assert "5ecret5ecret" not in report


def test_settings_are_not_in_report(settings, asked: Browser) -> None:
    """URLs of services contain passwords, under unpredictable names."""
    settings.SMS_PROXY_URL = "http://user:hunter22@proxy.example.org:3128"
    break_keys(settings)
    assert "hunter22" not in reports(settings, asked, "/login/verify/", {"code": "123456"})


def test_names_of_posted_fields_stay(settings, asked: Browser) -> None:
    break_keys(settings)
    report = reports(settings, asked, "/login/verify/", {"code": "123456"})
    assert "code" in report
    assert "/login/verify/" in report
