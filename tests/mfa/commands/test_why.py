"""`manage.py why`: the verdict of a login, without side effects."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Organization, User
from mfa import audit
from mfa.login import diagnose
from mfa.models import Delivery, Event, Pause, SitePolicy
from mfa.rules.steps import Step
from tests.conftest import NOON
from tests.journeys.database import dump
from tests.organizations import join, organization
from tests.passkeys import give_passkey
from tests.portal_client import Browser, codes
from tests.pseudo import ACCENTED, speaking, untranslated

NUMBER = "+447700900201"
MOMENT = "j F Y, H:i T"


def why(email: str, *options: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("why", email, *options, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code)
    return out.getvalue(), 0


def test_person_with_phone_needs_code(alice: User) -> None:
    words, exit_code = why("Alice@example.org")
    assert exit_code == 0
    assert "Can log in with the password and a code." in words
    assert "number ending 01" in words
    assert "Can get a code by text." in words


def test_new_person_sets_up_phone(bob: User) -> None:
    words, exit_code = why(bob.email)
    assert exit_code == 0
    assert "is asked to set up a phone" in words


def test_person_who_needs_a_passkey_is_led_to_it(
    alice: User, bob: User, policy: SitePolicy
) -> None:
    """PS-09: with a code first, or at once."""
    SitePolicy.note(passkeys_from=timezone.now())
    assert "a code, then has to set up a passkey." in why(alice.email)[0]
    assert "is asked to set up a passkey" in why(bob.email)[0]
    give_passkey(alice)
    words, _ = why(alice.email)
    assert "Can log in with the password and a code." in words
    assert "Can use a passkey." in words
    assert "by text" not in words


def test_without_a_policy_the_password_is_enough(alice: User, policy: SitePolicy) -> None:
    SitePolicy.objects.update(enabled=False)
    words, exit_code = why(alice.email)
    assert exit_code == 0
    assert "Can log in with just the password." in words
    assert "does not require MFA for this person" in words


def test_pause_is_shown_with_its_end(alice: User) -> None:
    until = timezone.now() + timedelta(hours=1)
    Pause.objects.create(user=alice, reason="lost", started_at=timezone.now(), until=until)
    words, _ = why(alice.email)
    assert f"paused until {date_format(until, MOMENT)}" in words


def test_disabled_account_cannot_log_in(alice: User) -> None:
    User.objects.update(is_active=False)
    words, exit_code = why(alice.email)
    assert (exit_code, "turned off" in words) == (1, True)


def test_dates_of_account_and_inactive_organizations_are_named(alice: User) -> None:
    now, day = timezone.now(), timedelta(days=1)
    clinic = organization("Clinic")
    cases = {
        f"until {date_format(now + day, MOMENT)}: the account is not valid yet": {
            "valid_from": now + day
        },
        f"the account expired on {date_format(now - day, MOMENT)}": {"valid_until": now - day},
        "the person belongs to no active organization": {},
    }
    join(alice, clinic)
    Organization.objects.update(is_active=False)
    for words, columns in cases.items():
        User.objects.update(**{"valid_from": None, "valid_until": None, **columns})
        said, exit_code = why(alice.email)
        assert (exit_code, words in said) == (1, True), said


def test_lockout_by_wrong_codes_is_shown_with_its_end(alice: User) -> None:
    until = timezone.now() + timedelta(minutes=15)
    User.objects.update(wrong_answers=10, wait_until=until)
    words, exit_code = why(alice.email)
    assert exit_code == 1
    assert "Cannot log in yet: locked after too many wrong codes, except from a device" in words
    assert f"until {date_format(until, MOMENT)}" in words


def test_few_wrong_codes_are_shown(alice: User) -> None:
    User.objects.update(wrong_answers=3)
    words, exit_code = why(alice.email)
    assert (exit_code, "3 wrong codes count toward the limit of 100." in words) == (0, True)


def test_one_wrong_code_is_singular(alice: User) -> None:
    User.objects.update(wrong_answers=1)
    assert "1 wrong code counts toward the limit of 100." in why(alice.email)[0]


def test_lockout_by_wrong_passwords_is_shown(browser: Browser, alice: User) -> None:
    for _ in range(10):
        browser.password(alice, "wrong")
    words, exit_code = why(alice.email)
    assert (exit_code, "too many wrong passwords" in words) == (1, True)


def test_person_without_method_needs_help(alice: User) -> None:
    SitePolicy.objects.update(email_codes="off")
    alice.factors.update(status="disabled")
    words, exit_code = why(alice.email)
    assert exit_code == 1
    assert "disabled after 100 wrong codes" in words


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({}, "in use"),
        ({"status": "suspended"}, "reported lost"),
        ({"status": "assigned"}, "entered by an administrator, not verified yet"),
        ({"refuses_until": NOON + timedelta(days=1)}, "blocks texts: someone replied STOP"),
        ({"doubtful_since": NOON}, "texts to it have failed several times"),
    ],
)
def test_state_of_phone_is_shown(
    clock: object, alice: User, columns: dict[str, object], state: str
) -> None:
    alice.factors.update(**columns)
    assert f"Verification method: number ending 01, {state}." in why(alice.email)[0]


def test_person_without_password_cannot_log_in(alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    words, exit_code = why(alice.email)
    assert exit_code == 1
    assert words.startswith("Cannot log in: has no password and needs a link to set one.")


def test_unknown_email_exits_with_2(db) -> None:
    with pytest.raises(CommandError) as error:
        call_command("why", "nobody@example.org")
    assert error.value.returncode == 2


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_timeline_shows_steps_without_codes_and_numbers(
    browser: Browser, alice: User, options: tuple
) -> None:
    """PS-10, OT-08."""
    browser.log_in(alice)
    browser.password(alice)
    words, _ = why(alice.email, *options)
    assert "The person logged in." in words
    assert "by text" in words
    assert "to number ending 01: delivered" in words
    assert NUMBER not in words
    assert not set(codes(NUMBER)) & set(re.findall(r"\d{6}", words))


def test_json_output_is_valid(alice: User, browser: Browser) -> None:
    browser.log_in(alice)
    data = json.loads(why(alice.email, "--json")[0])
    assert data["can"] is True
    assert {"at", "what", "more"} == set(data["timeline"][0])


def test_every_step_that_a_login_can_begin_with_has_words() -> None:
    after_a_proof = {Step.FINISH, Step.BACK_UP}
    assert set(diagnose.WAY_IN) == set(Step) - after_a_proof - {Step.START_OVER}


def test_command_writes_nothing(browser: Browser, alice: User) -> None:
    browser.password(alice)
    before = dump()
    why(alice.email)
    assert dump() == before


def test_events_of_deleted_person_are_shown(
    alice: User, root: User, capsys: pytest.CaptureFixture[str]
) -> None:
    """By their number in the audit."""
    audit.record(Event.PAUSED, alice, by=root.pk)
    number = alice.pk
    alice.delete()
    root_number = root.pk
    root.delete()
    with pytest.raises(SystemExit):
        call_command("why", str(number))
    said = capsys.readouterr().out
    assert f"person number {number} was deleted" in said
    assert f"by number {root_number}, deleted" in said


def test_number_finds_existing_person(alice: User, capsys) -> None:
    call_command("why", str(alice.pk))
    assert "Can log in with the password and a code." in capsys.readouterr().out


@pytest.mark.parametrize("number", ["0", "999999", "9" * 18])
def test_unknown_number_is_refused(alice: User, number: str) -> None:
    with pytest.raises(CommandError, match="There is no person with the number") as refused:
        call_command("why", number)
    assert refused.value.returncode == 2


def test_every_word_is_in_the_readers_language(
    browser: Browser, alice: User, root: User, settings
) -> None:
    """Also the channel of an event and the reason of a failed text, which are stored as names."""
    browser.log_in(alice)
    browser.password(alice)
    now = timezone.now()
    Pause.objects.create(user=alice, reason="lost", started_at=now, until=now + timedelta(hours=1))
    audit.record(Event.LOGGED_IN, alice, channel="recovery_codes")
    Delivery.objects.filter(user=alice).update(state="failed", reason="unreachable")
    User.objects.filter(pk=alice.pk).update(wrong_answers=3)
    with speaking(settings, ACCENTED):
        lines = why(alice.email)[0].splitlines()
    assert len(lines) > 8
    assert {line: left for line in lines if (left := untranslated(line))} == {}
