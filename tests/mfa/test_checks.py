"""System checks of the app (LG-10)."""

import pytest
from django.core.checks import run_checks

from mfa.checks import (
    check_api_key,
    check_demo,
    check_eager,
    check_feedback,
    check_outbox,
    check_proxies,
    check_push,
    check_push_tests,
)
from portal.newenv import new_push_key

REAL = {
    "sms": {"BACKEND": "mfa.channels.twilio.TwilioChannel", "OPTIONS": {}},
    "email": {"BACKEND": "mfa.channels.email.EmailChannel", "OPTIONS": {}},
}
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def production(settings):
    """Real services and no demo."""
    settings.DEBUG = settings.DEMO = False
    settings.MFA_CHANNELS = REAL
    settings.EMAIL_BACKEND = SMTP
    return settings


def ids(found: list) -> list[str]:
    return [message.id for message in found]


def test_real_services_pass(production) -> None:
    assert check_outbox() == []


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_outbox_in_production_is_refused(production, channel: str) -> None:
    outbox = {"BACKEND": "mfa.channels.outbox.OutboxChannel", "OPTIONS": {}}
    production.MFA_CHANNELS = {**REAL, channel: outbox}
    assert ids(check_outbox()) == ["mfa.E001"]


@pytest.mark.parametrize(
    "backend",
    [
        "mfa.channels.outbox.EmailBackend",
        "django.core.mail.backends.console.EmailBackend",
        "django.core.mail.backends.filebased.EmailBackend",
    ],
)
def test_readable_emails_in_production_are_refused(production, backend: str) -> None:
    production.EMAIL_BACKEND = backend
    assert ids(check_outbox()) == ["mfa.E001"]


@pytest.mark.parametrize("mode", ["DEBUG", "DEMO"])
def test_demo_and_debug_can_have_both(production, mode: str) -> None:
    setattr(production, mode, True)
    production.EMAIL_BACKEND = "mfa.channels.outbox.EmailBackend"
    assert check_outbox() == []


def test_demo_on_public_address_is_refused(production) -> None:
    production.DEMO = production.HTTPS = True
    assert ids(check_demo()) == ["mfa.E002"]


@pytest.mark.parametrize(("demo", "https"), [(True, False), (False, True), (False, False)])
def test_other_demos_pass(production, demo, https) -> None:
    production.DEMO, production.HTTPS = demo, https
    assert check_demo() == []


@pytest.mark.parametrize("proxies", [[], ["10.0.0.0/8"], ["10.0.0.1", "2001:db8::/32"]])
def test_networks_are_proxies(production, proxies: list[str]) -> None:
    production.TRUSTED_PROXIES = proxies
    assert check_proxies() == []


@pytest.mark.parametrize("proxy", ["proxy.example.org", "10.0.0.0/99", "*", ""])
def test_invalid_network_is_refused(production, proxy: str) -> None:
    """LG-08: otherwise the first request would find it."""
    production.TRUSTED_PROXIES = [proxy]
    assert ids(check_proxies()) == ["mfa.E003"]


@pytest.mark.parametrize(("key", "secret"), [("SK1", ""), ("", "secret")])
def test_half_an_api_key_is_refused(production, key: str, secret: str) -> None:
    production.SMS_API_KEY, production.SMS_API_SECRET = key, secret
    assert ids(check_api_key()) == ["mfa.E004"]


@pytest.mark.parametrize(("key", "secret"), [("SK1", "secret"), ("", "")])
def test_whole_key_or_none_passes(production, key: str, secret: str) -> None:
    production.SMS_API_KEY, production.SMS_API_SECRET = key, secret
    assert check_api_key() == []


def test_feedback_without_a_worker_is_refused(production) -> None:
    production.SMS_FEEDBACK = production.CELERY_TASK_ALWAYS_EAGER = True
    assert ids(check_feedback()) == ["mfa.E005"]


@pytest.mark.parametrize(
    "fine", [{"SMS_FEEDBACK": False}, {"CELERY_TASK_ALWAYS_EAGER": False}, {"DEMO": True}]
)
def test_feedback_with_worker_or_none_passes(production, fine: dict[str, bool]) -> None:
    wishes = {"SMS_FEEDBACK": True, "CELERY_TASK_ALWAYS_EAGER": True, "DEMO": False} | fine
    for name, value in wishes.items():
        setattr(production, name, value)
    assert check_feedback() == []


def test_missing_broker_causes_warning(production) -> None:
    production.CELERY_TASK_ALWAYS_EAGER = True
    assert ids(check_eager()) == ["mfa.W001"]


def test_no_warning_with_broker(production) -> None:
    production.CELERY_TASK_ALWAYS_EAGER = False
    assert check_eager() == []


@pytest.mark.parametrize("mode", ["DEBUG", "DEMO"])
def test_demo_needs_no_broker(production, mode: str) -> None:
    setattr(production, mode, True)
    production.CELERY_TASK_ALWAYS_EAGER = True
    assert check_eager() == []


def test_all_checks_are_registered(production) -> None:
    production.MFA_CHANNELS = {"sms": {"BACKEND": "mfa.channels.outbox.X", "OPTIONS": {}}}
    production.TRUSTED_PROXIES = ["none"]
    production.SMS_API_KEY = "SK1"
    production.SMS_FEEDBACK = True
    production.CELERY_TASK_ALWAYS_EAGER = True
    found = set(ids(run_checks(include_deployment_checks=True)))
    assert {"mfa.E001", "mfa.E003", "mfa.E004", "mfa.E005", "mfa.W001"} <= found


@pytest.fixture
def pushing(production):
    """A production portal that sends push messages."""
    production.VAPID_PRIVATE_KEY = new_push_key()
    production.VAPID_CONTACT = "https://portal.acme.com"
    return production


def test_push_with_reachable_contact_passes(pushing) -> None:
    assert check_push() == []


def test_contact_that_apple_refuses_is_an_error(pushing) -> None:
    """push2."""
    pushing.VAPID_CONTACT = "mailto:admin@localhost"
    assert ids(check_push()) == ["mfa.E007"]


def test_demo_may_have_any_contact(pushing) -> None:
    pushing.DEMO, pushing.VAPID_CONTACT = True, "http://127.0.0.1:8000"
    assert check_push() == []


def test_unreadable_push_key_is_refused(pushing) -> None:
    pushing.VAPID_PRIVATE_KEY = "not a key"
    assert ids(check_push()) == ["mfa.E006"]


def test_no_push_key_needs_no_contact(pushing) -> None:
    pushing.VAPID_PRIVATE_KEY, pushing.VAPID_CONTACT = "", "http://localhost"
    assert check_push() == []


@pytest.mark.parametrize("mode", ["DEMO", "DEBUG"])
def test_test_endpoints_are_for_demo_and_debugging(production, mode: str) -> None:
    production.PUSH_TEST_ENDPOINTS = ["http://127.0.0.1:9000"]
    assert ids(check_push_tests()) == ["mfa.E008"]
    setattr(production, mode, True)
    assert check_push_tests() == []
