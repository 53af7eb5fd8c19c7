"""`manage.py why`: the verdict that a login would give, and nothing that opens one."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from mfa import audit, verdicts
from mfa.models import AccountPolicy, Event, Pause
from mfa.rules.steps import Step
from tests.conftest import NOON
from tests.journeys.database import dump
from tests.portal_client import Browser, codes

NUMBER = "+447700900201"


def why(email: str, *options: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("why", email, *options, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code)
    return out.getvalue(), 0


def test_a_person_with_a_phone_gets_in_with_a_code(alice: User) -> None:
    words, exit_code = why("Alice@example.org")
    assert exit_code == 0
    assert "Gets in with the password and a code." in words
    assert "number ending 01" in words
    assert "A code can come by sms." in words


def test_a_new_person_sets_up_a_phone(bob: User) -> None:
    words, exit_code = why(bob.email)
    assert exit_code == 0
    assert "sets up a phone on the way" in words


def test_without_a_policy_the_password_is_enough(alice: User, policy: AccountPolicy) -> None:
    AccountPolicy.objects.update(enabled=False)
    words, exit_code = why(alice.email)
    assert exit_code == 0
    assert "Gets in with the password alone." in words
    assert "asks this person for no second step" in words


def test_a_pause_is_named_with_its_end(alice: User) -> None:
    until = timezone.now() + timedelta(hours=1)
    Pause.objects.create(user=alice, reason="lost", started_at=timezone.now(), until=until)
    words, _ = why(alice.email)
    assert f"paused until {until:%Y-%m-%d %H:%M} UTC" in words


def test_a_switched_off_account_does_not_get_in(alice: User) -> None:
    User.objects.update(is_active=False)
    words, exit_code = why(alice.email)
    assert (exit_code, "switched off" in words) == (1, True)


def test_wrong_codes_that_cost_a_wait_are_named_with_its_end(alice: User) -> None:
    until = timezone.now() + timedelta(minutes=15)
    User.objects.update(wrong_answers=10, wait_until=until)
    words, exit_code = why(alice.email)
    assert exit_code == 1
    assert "Cannot get in yet, too many wrong codes; but from a browser in which" in words
    assert f"until {until:%Y-%m-%d %H:%M} UTC" in words


def test_a_few_wrong_codes_are_named(alice: User) -> None:
    User.objects.update(wrong_answers=3)
    words, exit_code = why(alice.email)
    assert (exit_code, "Wrong codes that still count: 3." in words) == (0, True)


def test_wrong_passwords_that_cost_a_wait_are_named(browser: Browser, alice: User) -> None:
    for _ in range(10):
        browser.password(alice, "wrong")
    words, exit_code = why(alice.email)
    assert (exit_code, "too many wrong passwords" in words) == (1, True)


def test_who_has_no_way_left_needs_help(alice: User) -> None:
    AccountPolicy.objects.update(email_codes="off")
    alice.factors.update(disabled_at=timezone.now())
    words, exit_code = why(alice.email)
    assert exit_code == 1
    assert "disabled after a hundred wrong codes" in words


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({}, "in use"),
        ({"suspended_at": NOON}, "reported lost"),
        ({"assigned": True}, "written by an administrator, not proven yet"),
        ({"refuses_until": NOON + timedelta(days=1)}, "refuses texts: STOP was sent from it"),
        ({"doubtful_since": NOON}, "doubtful: texts to it fail"),
    ],
)
def test_what_a_phone_is_like_is_said(
    clock: object, alice: User, columns: dict[str, object], state: str
) -> None:
    alice.factors.update(**columns)
    assert f"Second step: number ending 01, {state}." in why(alice.email)[0]


def test_who_never_set_a_password_has_none(alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    assert "Has no password yet." in why(alice.email)[0]


def test_nobody_is_an_error_of_its_own(db) -> None:
    with pytest.raises(CommandError) as error:
        call_command("why", "nobody@example.org")
    assert error.value.returncode == 2


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_the_timeline_tells_steps_and_no_code_and_no_number(
    browser: Browser, alice: User, options: tuple
) -> None:
    """PS-10, OT-08."""
    browser.log_in(alice)
    browser.password(alice)
    words, _ = why(alice.email, *options)
    assert "You logged in. (sms)" in words
    assert "to number ending 01: delivered" in words
    assert NUMBER not in words
    assert not set(codes(NUMBER)) & set(re.findall(r"\d{6}", words))


def test_data_are_data(alice: User, browser: Browser) -> None:
    browser.log_in(alice)
    data = json.loads(why(alice.email, "--json")[0])
    assert data["can"] is True
    assert {"at", "what"} == set(data["timeline"][0])


def test_every_step_that_a_login_can_begin_with_has_words() -> None:
    after_a_proof = {Step.FINISH, Step.BACK_UP}
    assert set(verdicts.WAY_IN) == set(Step) - after_a_proof - {Step.START_OVER}


def test_it_only_looks(browser: Browser, alice: User) -> None:
    browser.password(alice)
    before = dump()
    why(alice.email)
    assert dump() == before


def test_it_tells_what_happened_to_a_person_who_was_deleted(
    alice: User, root: User, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the number that the audit keeps."""
    audit.record(Event.PAUSED, alice, by=root.pk)
    number = alice.pk
    alice.delete()
    root_number = root.pk
    root.delete()
    with pytest.raises(SystemExit):
        call_command("why", str(number))
    said = capsys.readouterr().out
    assert f"person number {number} was deleted" in said
    assert f"By number {root_number}, deleted." in said


def test_a_number_names_a_person_who_is_there(alice: User, capsys) -> None:
    call_command("why", str(alice.pk))
    assert "Gets in with the password and a code." in capsys.readouterr().out


@pytest.mark.parametrize("number", ["0", "999999", "9" * 18])
def test_a_number_that_nobody_had_is_refused(alice: User, number: str) -> None:
    with pytest.raises(CommandError, match="Nobody has or had the number") as refused:
        call_command("why", number)
    assert refused.value.returncode == 2
