"""`manage.py pause_mfa`: the admin's pause as a command, with the same rules."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import TestCase

from accounts.models import User
from mfa import pauses
from mfa.models import AuditEvent, Event, OutboxMessage, Pause
from tests.conftest import NOON, make_user
from tests.mfa.test_pauses import POWERS, give
from tests.portal_client import Browser

pytestmark = pytest.mark.usefixtures("clock")


def pause_mfa(email: str = "alice@example.org", *, reason: str = "lost phone", **more: int) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("pause_mfa", email, reason=reason, **more)


def refusal(*args: str, **options: object) -> tuple[int, str]:
    """The exit code and the words of a refused command."""
    with pytest.raises(CommandError) as refused:
        pause_mfa(*args, **options)
    return refused.value.returncode, str(refused.value)


def test_password_logs_in_until_pause_ends(
    browser: Browser, alice: User, clock: time_machine.Traveller, capsys
) -> None:
    pause_mfa(hours=2)
    assert capsys.readouterr().out == (
        "alice@example.org can log in with just the password until 2026-03-02 14:00 UTC.\n"
    )
    browser.password(alice)
    assert browser.signed_in
    clock.shift(timedelta(hours=2))
    assert browser.get("/me/").status_code == 302
    assert Browser().password(alice).url == "/login/verify/"


def test_pause_lasts_a_day_by_default_for_any_spelling_of_email(
    alice: User,
) -> None:
    pause_mfa(" ALICE@example.org")
    assert Pause.objects.get().until == NOON + timedelta(hours=24)


def test_pause_is_emailed_and_audited_as_command(alice: User) -> None:
    pause_mfa()
    told = OutboxMessage.objects.filter(body__contains="paused")
    assert {message.target for message in told} == {alice.email, "+447700900201"}
    mail = told.get(channel="email").body
    assert ("lost phone" in mail, "until 3 March 2026, 12:00 UTC" in mail) == (True, True)
    event = AuditEvent.objects.get(event=Event.PAUSED)
    assert event.user == alice
    assert event.details == {
        "reason": "lost phone",
        "hours": 24,
        "until": "2026-03-03T12:00:00+00:00",
        "command": "pause_mfa",
    }


@pytest.mark.parametrize("power", POWERS)
def test_staff_cannot_be_paused(alice: User, power: str) -> None:
    """K19."""
    give(alice, power)
    code, words = refusal()
    assert (code, "Staff cannot be paused" in words, "breakglass" in words) == (1, True, True)
    assert not Pause.objects.exists()


def test_second_pause_is_refused(alice: User) -> None:
    pause_mfa(hours=1)
    code, words = refusal(hours=168)
    assert (code, "already has a pause" in words) == (1, True)
    assert Pause.objects.get().until == NOON + timedelta(hours=1)


def test_disabled_account_is_refused(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert refusal() == (1, "The account alice@example.org is turned off.")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"hours": 0}, "between 1 and 168"),
        ({"hours": 169}, "between 1 and 168"),
        ({"hours": -1}, "between 1 and 168"),
        ({"reason": " "}, "plain text on one line"),
        ({"reason": "x" * 201}, "plain text on one line"),
        ({"reason": "lost\nphone"}, "plain text on one line"),
    ],
)
def test_invalid_values_are_refused_with_limit(
    alice: User, wrong: dict[str, object], words: str
) -> None:
    code, said = refusal(**wrong)
    assert (code, words in said) == (2, True)
    assert not Pause.objects.exists()


def test_unknown_email_is_an_error(db: None) -> None:
    assert refusal("nobody@example.org") == (
        2,
        "There is no person with the email nobody@example.org.",
    )


def test_command_has_no_daily_limit(alice: User) -> None:
    for number in range(11):
        pause_mfa(make_user(f"p{number}@example.org").email)
    assert Pause.objects.count() == 11


def test_command_does_not_count_for_helpers(alice: User, root: User) -> None:
    for number in range(10):
        pauses.start(make_user(f"p{number}@example.org"), reason="?", hours=1, by=root)
    pause_mfa()
    assert Pause.objects.filter(user=alice).exists()
