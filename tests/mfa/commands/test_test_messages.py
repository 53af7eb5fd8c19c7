"""`manage.py test_sms` and `test_email`: one message at once, and what became of it."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mfa.models import AccountPolicy, OutboxMessage


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_text_leaves_at_once_without_a_code(policy: AccountPolicy) -> None:
    assert "Taken for the number ending 01" in run("test_sms", "+44 7700 900201")
    message = OutboxMessage.objects.get()
    assert message.target == "+447700900201"
    assert message.body == "Acme Portal: a test message. Nothing needs to be done."


def test_a_number_may_be_written_as_at_home(policy: AccountPolicy) -> None:
    assert json.loads(run("test_sms", "07700 900201", "--json"))["to"] == "01"


@pytest.mark.parametrize("typed", ["nonsense", "+44 12", "+44 20 7946 0000"])
def test_what_is_no_number_is_refused(policy: AccountPolicy, typed: str) -> None:
    with pytest.raises(CommandError) as error:
        run("test_sms", typed)
    assert error.value.returncode == 2
    assert not OutboxMessage.objects.exists()


def test_a_provider_s_refusal_is_said_and_exits_with_1(policy: AccountPolicy, settings) -> None:
    settings.MFA_CHANNELS = {"sms": {"BACKEND": "mfa.channels.twilio.TwilioChannel", "OPTIONS": {}}}
    AccountPolicy.objects.update(sms_account_id="")
    with pytest.raises(CommandError) as error:
        run("test_sms", "+447700900201")
    assert error.value.returncode == 1
    assert "7700900201" not in str(error.value)


def test_a_mail_leaves_at_once(db) -> None:
    assert "Taken for p…@example.org" in run("test_email", "pat@example.org")
    message = OutboxMessage.objects.get()
    assert (message.target, message.subject) == ("pat@example.org", "Acme Portal: a test message")
    assert json.loads(run("test_email", "pat@example.org", "--json"))["to"] == "p…@example.org"


def test_what_is_no_address_is_refused(db) -> None:
    with pytest.raises(CommandError) as error:
        run("test_email", "pat")
    assert error.value.returncode == 2


def test_without_a_mail_server_it_says_what_to_set(db, settings) -> None:
    settings.MFA_CHANNELS = {}
    with pytest.raises(CommandError, match="EMAIL_URL"):
        run("test_email", "pat@example.org")


def test_a_mail_server_s_silence_is_said_and_exits_with_1(db, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(CommandError) as error:
        run("test_email", "pat@example.org")
    assert error.value.returncode == 1
