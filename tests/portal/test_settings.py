"""What the environment makes of settings.py."""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV

from mfa.channels.twilio import TwilioChannel

WISHES = {
    "SMS_API_KEY": "SK1",
    "SMS_API_SECRET": "secret",
    "SMS_FEEDBACK": "on",
    "SMS_REDACT": "on",
    "SMS_MESSAGE_INTENT": "otp",
}
Shipped = Callable[..., ModuleType]


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Shipped:
    """Read settings.py again with a separate environment."""
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def read(**environment: str) -> ModuleType:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        spec = spec_from_file_location("shipped", Path(settings.BASE_DIR, "portal/settings.py"))
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return read


def test_cookies_under_https_are_bound_to_the_host(shipped: Shipped) -> None:
    """SS-09, WB-05."""
    secure = shipped(BASE_URL="https://portal.example.org/", DEMO="off")
    assert secure.SESSION_COOKIE_NAME == "__Host-session"
    assert secure.CSRF_COOKIE_NAME == "__Host-csrf"
    assert secure.SESSION_COOKIE_SECURE
    assert secure.CSRF_COOKIE_SECURE
    assert secure.SECURE_SSL_REDIRECT
    assert secure.SECURE_HSTS_SECONDS >= 31_536_000
    assert secure.CSRF_TRUSTED_ORIGINS == ["https://portal.example.org"]


def test_cookies_without_https_have_no_secure_flag(shipped: Shipped) -> None:
    plain = shipped(BASE_URL="http://127.0.0.1:8000")
    assert plain.SESSION_COOKIE_NAME == "session"
    assert plain.SECURE_HSTS_SECONDS == 0


def test_production_sends_texts_through_provider_and_proxy(shipped: Shipped) -> None:
    """A31: the address of .env reaches the channel."""
    production = shipped(DEMO="off", SMS_PROXY_URL="http://proxy.example.org:3128")
    sms = production.MFA_CHANNELS["sms"]
    assert sms["BACKEND"] == "mfa.channels.twilio.TwilioChannel"
    assert sms["OPTIONS"]["proxy_url"] == "http://proxy.example.org:3128"
    assert not any(sms["OPTIONS"][name] for name in sms["OPTIONS"] if name != "proxy_url")


def test_twilio_settings_reach_channel(shipped: Shipped) -> None:
    options = shipped(DEMO="off", **WISHES).MFA_CHANNELS["sms"]["OPTIONS"]
    assert options == {
        "proxy_url": "",
        "api_key": "SK1",
        "api_secret": "secret",
        "feedback": True,
        "redact": True,
        "intent": "otp",
    }
    TwilioChannel(**options)


def test_without_a_mail_server_there_is_no_mail(shipped: Shipped) -> None:
    """A26."""
    assert "email" not in shipped(DEMO="off").MFA_CHANNELS


def test_mail_server_enables_email_codes(shipped: Shipped) -> None:
    mailing = shipped(DEMO="off", EMAIL_URL="smtp+tls://user:password@mail.example.org:587")
    assert mailing.MFA_CHANNELS["email"]["BACKEND"] == "mfa.channels.email.EmailChannel"
    assert (mailing.EMAIL_HOST, mailing.EMAIL_PORT) == ("mail.example.org", 587)
    assert mailing.EMAIL_USE_TLS


def test_production_has_no_test_numbers(shipped: Shipped) -> None:
    """LG-10, K14."""
    assert shipped(DEMO="off", SMS_TEST_NUMBERS="+447700900").SMS_TEST_NUMBERS == []
    assert shipped(DEMO="on").SMS_TEST_NUMBERS == ["+447700900"]


def test_postgresql_is_pooled_and_keeps_its_options(shipped: Shipped) -> None:
    url = "postgres://portal@127.0.0.1:5432/portal?sslmode=require"
    options = shipped(DATABASE_URL=url).DATABASES["default"]["OPTIONS"]
    assert options["sslmode"] == "require"
    assert options["pool"]["max_size"] == 10


def test_sqlite_waits_for_lock(shipped: Shipped) -> None:
    options = shipped().DATABASES["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


@pytest.mark.parametrize(("broker", "eager"), [("", True), ("redis://127.0.0.1:6379/2", False)])
def test_page_does_not_send_with_broker(shipped: Shipped, broker: str, *, eager) -> None:
    assert shipped(BROKER_URL=broker).CELERY_TASK_ALWAYS_EAGER is eager


def test_only_trusted_proxy_may_report_https(shipped: Shipped) -> None:
    """LG-08."""
    assert shipped().SECURE_PROXY_SSL_HEADER is None
    trusting = shipped(TRUSTED_PROXIES="10.0.0.0/8")
    assert trusting.SECURE_PROXY_SSL_HEADER == ("HTTP_X_FORWARDED_PROTO", "https")


def test_shipped_password_hash_is_expensive(shipped: Shipped) -> None:
    """PW-08."""
    assert shipped().PASSWORD_HASHERS[0] == "accounts.people.hashers.Argon2idHasher"


def test_no_password_rule_requires_character_kinds(shipped: Shipped) -> None:
    """PW-04."""
    names = [each["NAME"].rpartition(".")[2] for each in shipped().AUTH_PASSWORD_VALIDATORS]
    assert "NumericPasswordValidator" not in names
    assert "GuessingValidator" in names


def test_loggers_that_print_numbers_are_quiet_at_debug(shipped: Shipped) -> None:
    """LO-02."""
    loggers = shipped(LOG_LEVEL="DEBUG").LOGGING["loggers"]
    for name in ("twilio", "urllib3", "django.db.backends"):
        assert loggers[name]["level"] == "WARNING"


def test_serve_listens_on_this_machine_at_the_port(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in the process that serves, with workers elsewhere."""
    monkeypatch.setenv(DJANGO_AUTORELOAD_ENV, "true")
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.PORT = "no-port"
    with pytest.raises(CommandError, match=r"127\.0\.0\.1:no-port"):
        call_command("serve")
