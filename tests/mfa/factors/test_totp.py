"""Authenticator apps: secrets are encrypted, and each code is valid once (TO-01, TO-02)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.test import TestCase

from accounts.models import User
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors import totp
from mfa.factors.totp import NewApp
from mfa.limits.counters import TooMany
from mfa.models import Event, Factor, OutboxMessage
from mfa.rules.totp import hotp, step_at
from tests.conftest import NOON
from tests.portal_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Client("198.51.100.1", "Firefox")
NEW = NewApp(b"12345678901234567890")
NOW = step_at(NOON.timestamp())


def shown(step: int = NOW) -> str:
    """Return the app's code at a step."""
    return hotp(NEW.secret, step)


def wrong() -> str:
    good = {shown(NOW + away) for away in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in good)


def add(user: User, typed: str = "", name: str = "Phone") -> Outcome:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return totp.add(user, NEW, typed or shown(NOW - 1), name=name, client=HERE).outcome


def judge(user: User, typed: str, drifted: int = 0) -> Result:
    app = user.factors.get(kind="app")
    person = User.objects.get(pk=user.pk)
    return totp.judge(person, app, typed, client=HERE, drifted=drifted)


def test_secret_has_160_bits_and_is_stored_encrypted() -> None:
    session = SessionBase()
    new = NewApp.draw(session)
    assert len(new.secret) == 20
    assert new.stored not in str(dict(session.items()))
    assert NewApp.load(session) == new
    NewApp.drop(session)
    assert NewApp.load(session) is None


def test_two_secrets_differ() -> None:
    assert NewApp.draw(SessionBase()) != NewApp.draw(SessionBase())


def test_app_is_added_by_right_code(bob: User) -> None:
    assert add(bob) is Outcome.RIGHT
    app = bob.factors.get()
    assert (app.kind, app.name, str(app), app.last_step) == ("app", "Phone", "Phone", NOW - 1)
    assert (app.address, app.browser, app.restricted) == (HERE.address, HERE.browser, False)


def test_app_is_not_added_by_wrong_code(bob: User) -> None:
    assert add(bob, wrong()) is Outcome.WRONG
    assert not bob.factors.exists()


def test_secret_is_encrypted_in_database(bob: User) -> None:
    add(bob)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM mfa_factor")
        [(stored,)] = cursor.fetchall()
    assert NEW.stored not in stored
    assert bob.factors.get().secret == NEW.stored


def test_second_parallel_session_adds_no_app(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(session_epoch=7)
    assert add(bob) is Outcome.EXPIRED
    assert not bob.factors.exists()


def test_new_app_is_notified_to_email_and_phone(alice: User) -> None:
    """NT-01, NT-02; other sessions end (SS-06)."""
    add(alice)
    text, mail = OutboxMessage.objects.all()
    assert (text.target, mail.target) == ("+447700900201", alice.email)
    assert "an authenticator app was added" in text.body
    alice.refresh_from_db()
    assert alice.session_epoch == 1


def test_code_used_for_setup_does_not_log_in(alice: User) -> None:
    """EN-07."""
    add(alice)
    assert judge(alice, shown(NOW - 1)).outcome is Outcome.SPENT


@pytest.mark.parametrize("away", [0, 1])
def test_right_code_is_accepted_once(alice: User, away: int) -> None:
    add(alice)
    assert judge(alice, shown(NOW + away)).outcome is Outcome.RIGHT
    assert judge(alice, shown(NOW + away)).outcome is Outcome.SPENT
    assert alice.audit_events.filter(event=Event.CODE_LATE).count() == 1


@pytest.mark.parametrize("typed", ["%s %s", "%s-%s", " %s%s\u200b", "wide"])
def test_used_code_stays_used_in_other_spelling(browser: Browser, alice: User, typed: str) -> None:
    add(alice)
    code = shown(NOW)
    assert judge(alice, code).outcome is Outcome.RIGHT
    wide = code.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    again = wide if typed == "wide" else typed % (code[:3], code[3:])
    browser.password(alice)
    page = browser.post("/login/verify/", {"code": again})
    assert "already been used" in page.content.decode()
    assert not browser.signed_in


def test_used_code_invalidates_older_ones(alice: User) -> None:
    add(alice)
    judge(alice, shown(NOW + 1))
    assert judge(alice, shown(NOW)).outcome is Outcome.SPENT


@pytest.mark.parametrize("away", [-2, 2])
def test_code_two_steps_away_is_wrong(alice: User, away: int) -> None:
    add(alice)
    assert judge(alice, shown(NOW + away)).outcome is Outcome.WRONG


@pytest.mark.parametrize(("away", "then"), [(10, 11), (-10, -9), (20, 20), (2, 3)])
def test_wrong_clock_is_explained_after_two_codes_in_a_row(
    alice: User, clock: time_machine.Traveller, away: int, then: int
) -> None:
    """After one, a guesser would learn a code that is valid in some minutes."""
    add(alice)
    first = judge(alice, shown(NOW + away))
    assert first == Result(Outcome.WRONG, 4, drifted=NOW + away)
    again = judge(alice, shown(NOW + away), first.drifted)
    assert again.drift == 0
    clock.shift(timedelta(seconds=30))
    second = judge(alice, shown(NOW + then + 1), again.drifted)
    assert (second.outcome, second.drift) == (Outcome.WRONG, then)


def test_older_code_after_a_newer_one_tells_nothing(alice: User) -> None:
    add(alice)
    assert judge(alice, shown(NOW + 10), NOW + 11).drift == 0


def test_other_wrong_code_tells_nothing(alice: User) -> None:
    add(alice)
    assert judge(alice, wrong(), NOW + 10) == Result(Outcome.WRONG, 4)


@pytest.mark.parametrize("away", [-20, 20])
def test_setup_explains_a_wrong_clock_at_once(bob: User, away: int) -> None:
    """Its page shows the secret, so the person could compute the codes."""
    result = totp.add(bob, NEW, shown(NOW + away), name="", client=HERE)
    assert result == Result(Outcome.WRONG, 4, drift=away)
    assert not bob.factors.exists()


def test_new_app_replaces_only_the_former_one(alice: User, charlie: User) -> None:
    """E12: in one transaction, with one notice that names both."""
    add(alice, name="Old phone")
    add(charlie, name="Old phone")
    stranger = charlie.factors.get(kind="app")
    former = alice.factors.get(kind="app")
    OutboxMessage.objects.all().delete()
    alice.refresh_from_db()
    with TestCase.captureOnCommitCallbacks(execute=True):
        totp.add(alice, NEW, shown(), name="New phone", client=HERE, former=former)
    assert [app.name for app in alice.factors.usable().filter(kind="app")] == ["New phone"]
    assert [message.channel for message in OutboxMessage.objects.all()] == ["sms", "email"]
    assert "It replaces “Old phone”" in OutboxMessage.objects.last().body
    totp.add(alice, NEW, shown(NOW + 1), name="", client=HERE, former=stranger)
    stranger.refresh_from_db()
    assert stranger.is_usable


def test_wrong_code_leaves_the_former_app(alice: User) -> None:
    add(alice)
    former = alice.factors.get(kind="app")
    totp.add(alice, NEW, wrong(), name="", client=HERE, former=former)
    former.refresh_from_db()
    assert former.is_usable


def test_next_step_has_new_code(alice: User, clock: time_machine.Traveller) -> None:
    add(alice)
    assert judge(alice, shown(NOW)).outcome is Outcome.RIGHT
    clock.shift(timedelta(seconds=30))
    assert judge(alice, shown(NOW + 1)).outcome is Outcome.RIGHT


def test_wrong_code_is_counted_for_app_and_person(alice: User) -> None:
    """LG-01."""
    add(alice)
    assert judge(alice, wrong()) == Result(Outcome.WRONG, 4)
    alice.refresh_from_db()
    counts = dict(alice.factors.values_list("kind", "wrong_answers"))
    assert (alice.wrong_answers, counts) == (1, {"phone": 0, "app": 1})


def test_five_wrong_codes_from_unrecognized_devices_cause_shared_lockout(alice: User) -> None:
    add(alice)
    answers = [judge(alice, wrong()).outcome for _ in range(5)]
    assert answers == [Outcome.WRONG] * 4 + [Outcome.LOCKED]
    with pytest.raises(TooMany):
        judge(alice, shown())


def test_right_code_does_not_lower_counts_toward_hundred(alice: User) -> None:
    add(alice)
    judge(alice, wrong())
    judge(alice, shown())
    alice.refresh_from_db()
    app = alice.factors.get(kind="app")
    assert (alice.wrong_answers, app.wrong_answers, app.last_used_at) == (1, 1, NOON)


def test_hundred_wrong_codes_disable_app_but_not_phone(alice: User) -> None:
    """NIST SP 800-63B-4, 3.2.2."""
    add(alice)
    alice.factors.filter(kind="app").update(wrong_answers=99)
    judge(alice, wrong())
    assert alice.factors.usable().get().kind == Factor.Kind.PHONE
    assert judge(alice, shown()) == Result(Outcome.EXPIRED)


def test_charlies_app_does_not_verify_alice(alice: User, charlie: User) -> None:
    add(charlie)
    theirs = charlie.factors.get(kind="app")
    assert totp.judge(alice, theirs, shown(), client=HERE).outcome is Outcome.EXPIRED


def test_app_without_name_gets_default(bob: User) -> None:
    add(bob, name="")
    assert str(bob.factors.get()) == "authenticator app"


def test_repeated_used_code_does_not_fill_the_audit(alice: User) -> None:
    """It causes no lockout, so nothing else would stop a script."""
    add(alice)
    for _ in range(25):
        judge(alice, shown(NOW - 1))
    assert alice.audit_events.filter(event=Event.CODE_LATE).count() == 20
