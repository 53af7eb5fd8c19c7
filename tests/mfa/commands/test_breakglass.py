"""`manage.py breakglass`: a way in when no second step works."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import TestCase

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, Pause
from tests.conftest import NOON
from tests.portal_client import Browser


def breakglass(
    email: str = "alice@example.org", reason: str = "lost phone", **more: object
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("breakglass", email, reason=reason, **more)


def test_it_pauses_the_second_step_for_half_an_hour(
    clock: time_machine.Traveller, alice: User
) -> None:
    breakglass()
    pause = Pause.objects.get()
    assert (pause.user, pause.reason) == (alice, "lost phone")
    assert pause.until == NOON + timedelta(minutes=30)


def test_the_email_may_be_in_any_case(alice: User) -> None:
    breakglass("ALICE@example.org")
    assert Pause.objects.get().user == alice


def test_it_says_until_when(clock: time_machine.Traveller, alice: User, capsys) -> None:
    breakglass(minutes=5)
    assert capsys.readouterr().out == (
        "alice@example.org can log in by password alone until 2026-03-02 12:05 UTC.\n"
    )


def test_the_person_is_told_why_and_how_long(alice: User) -> None:
    """NT-01."""
    breakglass(minutes=5)
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == alice.email
    assert "lost phone" in mail.body
    assert "5" in mail.body
    assert "Until  your password" not in mail.body


def test_it_is_loud_in_audit_and_log(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    breakglass()
    event = AuditEvent.objects.get()
    assert (event.event, event.user) == (Event.PAUSED, alice)
    assert event.details["reason"] == "lost phone"
    assert [record.levelno for record in caplog.records if record.name == "mfa.audit"] == [
        logging.WARNING
    ]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_it_needs_a_reason_that_fits(alice: User, reason: str) -> None:
    with pytest.raises(CommandError, match="reason"):
        breakglass(reason=reason)
    assert not Pause.objects.exists()


@pytest.mark.parametrize("minutes", [-1, 0, 241])
def test_it_lasts_one_to_240_minutes(alice: User, minutes: int) -> None:
    with pytest.raises(CommandError, match="between 1 and 240"):
        breakglass(minutes=minutes)
    assert not Pause.objects.exists()


@pytest.mark.parametrize("minutes", [1, 240])
def test_the_ends_of_that_are_fine(alice: User, minutes: int) -> None:
    breakglass(minutes=minutes)
    assert Pause.objects.exists()


def test_it_must_be_given_a_reason(alice: User) -> None:
    with pytest.raises(CommandError, match="--reason"):
        call_command("breakglass", alice.email)


def test_it_knows_nobody_else(alice: User) -> None:
    with pytest.raises(CommandError, match=r"nobody@example\.org"):
        breakglass("nobody@example.org")


def test_it_does_not_open_a_disabled_account(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(CommandError, match="No active person"):
        breakglass()


def test_it_lets_in_who_waits_after_wrong_codes(alice: User, browser: Browser) -> None:
    User.objects.filter(pk=alice.pk).update(wait_until=NOON + timedelta(days=3650))
    breakglass()
    assert browser.password(alice).url == "/"


def test_it_does_not_replace_the_password(alice: User, browser: Browser) -> None:
    breakglass()
    browser.password(alice, "not the password")
    assert not browser.signed_in
