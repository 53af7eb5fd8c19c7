"""`manage.py breakglass`: log in when no second step works."""

import getpass
import logging
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, Pause
from tests.conftest import NOON, give_phone
from tests.portal_client import Browser


def breakglass(
    email: str = "alice@example.org", reason: str = "lost phone", **more: object
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("breakglass", email, reason=reason, **more)


def test_breakglass_pauses_second_step_for_30_minutes(
    clock: time_machine.Traveller, alice: User
) -> None:
    breakglass()
    pause = Pause.objects.get()
    assert (pause.user, pause.reason) == (alice, "lost phone")
    assert pause.until == NOON + timedelta(minutes=30)


def test_email_may_be_in_any_case(alice: User) -> None:
    breakglass("ALICE@example.org")
    assert Pause.objects.get().user == alice


def test_end_of_pause_is_printed(clock: time_machine.Traveller, alice: User, capsys) -> None:
    breakglass(minutes=5)
    assert capsys.readouterr().out == (
        "alice@example.org can log in with just the password until 2026-03-02 12:05 UTC.\n"
    )


def test_person_is_notified_of_reason_and_duration(alice: User) -> None:
    """NT-01."""
    breakglass(minutes=5)
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == alice.email
    assert "lost phone" in mail.body
    assert f"until {Pause.objects.get().until:%-d %B %Y, %H:%M} UTC" in mail.body


def test_breakglass_is_a_warning_in_audit_and_log(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    breakglass()
    event = AuditEvent.objects.get()
    assert (event.event, event.user) == (Event.PAUSED, alice)
    assert event.details["reason"] == "lost phone"
    assert [record.levelno for record in caplog.records if record.name == "mfa.audit"] == [
        logging.WARNING
    ]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_valid_reason_is_required(alice: User, reason: str) -> None:
    with pytest.raises(CommandError, match="reason"):
        breakglass(reason=reason)
    assert not Pause.objects.exists()


@pytest.mark.parametrize("minutes", [-1, 0, 241])
def test_duration_outside_1_to_240_minutes_is_refused(alice: User, minutes: int) -> None:
    with pytest.raises(CommandError, match="between 1 and 240"):
        breakglass(minutes=minutes)
    assert not Pause.objects.exists()


@pytest.mark.parametrize("minutes", [1, 240])
def test_duration_of_1_and_240_minutes_is_accepted(alice: User, minutes: int) -> None:
    breakglass(minutes=minutes)
    assert Pause.objects.exists()


def test_reason_is_required(alice: User) -> None:
    with pytest.raises(CommandError, match="--reason"):
        call_command("breakglass", alice.email)


def test_unknown_email_is_an_error(alice: User) -> None:
    with pytest.raises(CommandError, match=r"nobody@example\.org"):
        breakglass("nobody@example.org")


def test_disabled_account_is_refused(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(CommandError, match="There is no active person"):
        breakglass()


def test_breakglass_works_during_lockout(alice: User, browser: Browser) -> None:
    User.objects.filter(pk=alice.pk).update(wait_until=NOON + timedelta(days=3650))
    breakglass()
    assert browser.password(alice).url == "/"


def test_password_is_still_required(alice: User, browser: Browser) -> None:
    breakglass()
    browser.password(alice, "not the password")
    assert not browser.signed_in


@pytest.fixture
def closed(root: User) -> User:
    """The only superuser, whose account was taken over and closed by a report."""
    User.objects.filter(pk=root.pk).update(
        email="attacker@example.net",
        is_active=False,
        email_changed_at=timezone.now(),
        closed_at=timezone.now(),
    )
    root.factors.update(status="suspended")
    return User.objects.get(pk=root.pk)


def test_reopened_superuser_logs_in_and_attacker_does_not(
    closed: User, browser: Browser, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    with pytest.raises(CommandError, match="Add --reopen ADDRESS"):
        breakglass(closed.email)
    breakglass(closed.email, reopen="Root@example.org")
    assert "manage.py changepassword root@example.org" in capsys.readouterr().out
    closed.refresh_from_db()
    assert closed.closed_at is None
    # The attacker's password and email open nothing, although the second step is paused.
    assert "do not match" in Browser().password(closed).content.decode()
    assert not OutboxMessage.objects.filter(target="attacker@example.net").exists()
    new = "an operator's long password"
    monkeypatch.setattr(getpass, "getpass", lambda *_: new)
    call_command("changepassword", closed.email)
    closed.refresh_from_db()
    assert browser.password(closed, new).url == "/"
    assert browser.get("/me/phone/").status_code == 200
    opened = AuditEvent.objects.get(event=Event.ACCOUNT_OPENED)
    assert (opened.user, opened.details) == (closed, {"command": "breakglass"})


def test_earlier_notice_does_not_close_reopened_account(
    clock: time_machine.Traveller, alice: User
) -> None:
    """The attacker got some of them at the new address."""
    change = Event.EMAIL_CHANGED
    at = timezone.now()
    User.objects.filter(pk=alice.pk).update(email="attacker@example.net", email_changed_at=at)
    changes = [AuditEvent.objects.create(at=at, event=change, user=alice) for _ in range(2)]
    first, second = (alice.not_me_link(each.pk, at=at) for each in changes)
    Browser().post(first)
    alice.refresh_from_db()
    assert not alice.is_active
    clock.shift(timedelta(hours=1))
    breakglass(alice.email, reopen="alice@example.org")
    before = User.objects.values().get(pk=alice.pk)
    page = Browser().post(second, follow=True).content.decode()
    assert "Your account is secured" in page
    assert User.objects.values().get(pk=alice.pk) == before
    # A factor that such a notice is about still ends.
    phone = give_phone(alice, "+447700900299")
    details = {"factor": phone.pk}
    added = AuditEvent.objects.create(at=at, event=Event.FACTOR_ADDED, user=alice, details=details)
    Browser().post(alice.not_me_link(added.pk, at=timezone.now()))
    phone.refresh_from_db()
    assert (phone.status, User.objects.get(pk=alice.pk).is_active) == ("suspended", True)


@pytest.mark.parametrize(
    ("address", "why"), [("nowhere", "not an email"), ("alice@example.org", "Another person")]
)
def test_account_is_not_opened_with_a_wrong_address(
    closed: User, alice: User, address: str, why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        breakglass(closed.email, reopen=address)
    assert not User.objects.get(pk=closed.pk).is_active
    assert not Pause.objects.exists()


def test_open_account_is_not_opened_again(alice: User) -> None:
    with pytest.raises(CommandError, match="Leave --reopen out"):
        breakglass(reopen="mallory@example.org")
    assert User.objects.get(pk=alice.pk).email == "alice@example.org"
