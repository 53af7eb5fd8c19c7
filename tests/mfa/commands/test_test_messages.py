"""`manage.py test_sms` and `test_email`: one message at once, and its result."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mfa.models import OutboxMessage, SitePolicy, SmsAccount


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_text_is_sent_at_once_without_code(policy: SitePolicy) -> None:
    assert "Sent to the number ending 01" in run("test_sms", "+44 7700 900201")
    message = OutboxMessage.objects.get()
    assert message.target == "+447700900201"
    assert message.body == "Acme Portal: this is a test message. You can ignore it."


def test_national_number_is_accepted(policy: SitePolicy) -> None:
    assert json.loads(run("test_sms", "07700 900201", "--json"))["to"] == "01"


@pytest.mark.parametrize("typed", ["nonsense", "+44 12", "+44 20 7946 0000"])
def test_invalid_number_is_refused(policy: SitePolicy, typed: str) -> None:
    with pytest.raises(CommandError) as error:
        run("test_sms", typed)
    assert error.value.returncode == 2
    assert not OutboxMessage.objects.exists()


def test_refusal_of_provider_is_printed_and_exits_with_1(policy: SitePolicy, settings) -> None:
    settings.MFA_CHANNELS = {"sms": {"BACKEND": "mfa.channels.twilio.TwilioChannel", "OPTIONS": {}}}
    SmsAccount.note(account_id="")
    with pytest.raises(CommandError) as error:
        run("test_sms", "+447700900201")
    assert error.value.returncode == 1
    assert "7700900201" not in str(error.value)


def test_email_is_sent_at_once(db) -> None:
    assert "Sent to p…@example.org" in run("test_email", "pat@example.org")
    message = OutboxMessage.objects.get()
    assert (message.target, message.subject) == ("pat@example.org", "Acme Portal: test email")
    assert json.loads(run("test_email", "pat@example.org", "--json"))["to"] == "p…@example.org"


def test_invalid_address_is_refused(db) -> None:
    with pytest.raises(CommandError) as error:
        run("test_email", "pat")
    assert error.value.returncode == 2


def test_missing_mail_server_names_setting(db, settings) -> None:
    settings.MFA_CHANNELS = {}
    with pytest.raises(CommandError, match="EMAIL_URL"):
        run("test_email", "pat@example.org")


def test_silent_mail_server_is_reported_and_exits_with_1(db, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(CommandError) as error:
        run("test_email", "pat@example.org")
    assert error.value.returncode == 1
