"""Authenticator apps: encrypted, active after one good code, each code good once (TO-01, TO-02)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.test import TestCase

from accounts.models import User
from mfa import totp
from mfa.answers import Answer, Judgement
from mfa.counters import TooMany
from mfa.models import Event, Factor, OutboxMessage
from mfa.origin import Origin
from mfa.rules.totp import hotp, step_at
from mfa.totp import NewApp
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Origin("198.51.100.1", "Firefox")
NEW = NewApp(b"12345678901234567890")
NOW = step_at(NOON.timestamp())


def shown(step: int = NOW) -> str:
    """What the app shows at a step."""
    return hotp(NEW.secret, step)


def wrong() -> str:
    good = {shown(NOW + away) for away in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in good)


def add(user: User, typed: str = "", name: str = "Phone") -> Answer:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return totp.add(user, NEW, typed or shown(NOW - 1), name=name, origin=HERE).answer


def judge(user: User, typed: str) -> Judgement:
    app = user.factors.get(kind="app")
    return totp.judge(User.objects.get(pk=user.pk), app, typed, origin=HERE)


def test_the_secret_has_160_bits_and_waits_sealed() -> None:
    session = SessionBase()
    new = NewApp.draw(session)
    assert len(new.secret) == 20
    assert new.stored not in str(dict(session.items()))
    assert NewApp.load(session) == new
    NewApp.drop(session)
    assert NewApp.load(session) is None


def test_two_secrets_differ() -> None:
    assert NewApp.draw(SessionBase()) != NewApp.draw(SessionBase())


def test_an_app_is_bound_by_a_good_code(bob: User) -> None:
    assert add(bob) is Answer.RIGHT
    app = bob.factors.get()
    assert (app.kind, app.name, str(app), app.last_step) == ("app", "Phone", "Phone", NOW - 1)
    assert (app.address, app.browser, app.restricted) == (HERE.address, HERE.browser, False)


def test_and_by_no_other(bob: User) -> None:
    assert add(bob, wrong()) is Answer.WRONG
    assert not bob.factors.exists()


def test_the_database_holds_ciphertext(bob: User) -> None:
    add(bob)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM mfa_factor")
        [(stored,)] = cursor.fetchall()
    assert NEW.stored not in stored
    assert bob.factors.get().secret == NEW.stored


def test_who_was_overtaken_by_another_session_binds_none(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(session_epoch=7)
    assert add(bob) is Answer.EXPIRED
    assert not bob.factors.exists()


def test_a_new_app_is_told_to_mailbox_and_phone(alice: User) -> None:
    """NT-01, NT-02; other sessions end (SS-06)."""
    add(alice)
    text, mail = OutboxMessage.objects.all()
    assert (text.target, mail.target) == ("+447700900201", alice.email)
    assert "an authenticator app was added" in text.body
    alice.refresh_from_db()
    assert alice.session_epoch == 1


def test_the_code_that_bound_it_logs_in_no_more(alice: User) -> None:
    """EN-07."""
    add(alice)
    assert judge(alice, shown(NOW - 1)).answer is Answer.SPENT


@pytest.mark.parametrize("away", [0, 1])
def test_a_code_is_right_once(alice: User, away: int) -> None:
    add(alice)
    assert judge(alice, shown(NOW + away)).answer is Answer.RIGHT
    assert judge(alice, shown(NOW + away)).answer is Answer.SPENT
    assert alice.audit_events.filter(event=Event.CODE_LATE).count() == 1


def test_older_codes_die_with_a_used_one(alice: User) -> None:
    add(alice)
    judge(alice, shown(NOW + 1))
    assert judge(alice, shown(NOW)).answer is Answer.SPENT


@pytest.mark.parametrize("away", [-2, 2])
def test_two_steps_away_is_wrong(alice: User, away: int) -> None:
    add(alice)
    assert judge(alice, shown(NOW + away)).answer is Answer.WRONG


def test_the_next_step_brings_another_code(alice: User, clock: time_machine.Traveller) -> None:
    add(alice)
    assert judge(alice, shown(NOW)).answer is Answer.RIGHT
    clock.shift(timedelta(seconds=30))
    assert judge(alice, shown(NOW + 1)).answer is Answer.RIGHT


def test_a_wrong_code_is_counted_for_the_app_and_the_person(alice: User) -> None:
    """LG-01."""
    add(alice)
    assert judge(alice, wrong()) == Judgement(Answer.WRONG, 4)
    alice.refresh_from_db()
    counts = dict(alice.factors.values_list("kind", "wrong_answers"))
    assert (alice.wrong_answers, counts) == (1, {"phone": 0, "app": 1})


def test_five_wrong_codes_of_strangers_cost_the_shared_wait(alice: User) -> None:
    add(alice)
    answers = [judge(alice, wrong()).answer for _ in range(5)]
    assert answers == [Answer.WRONG] * 4 + [Answer.LOCKED]
    with pytest.raises(TooMany):
        judge(alice, shown())


def test_a_right_code_does_not_lower_the_counts_toward_a_hundred(alice: User) -> None:
    add(alice)
    judge(alice, wrong())
    judge(alice, shown())
    alice.refresh_from_db()
    app = alice.factors.get(kind="app")
    assert (alice.wrong_answers, app.wrong_answers, app.last_used_at) == (1, 1, NOON)


def test_a_hundred_wrong_codes_end_the_app_and_not_the_phone(alice: User) -> None:
    """NIST SP 800-63B-4, 3.2.2."""
    add(alice)
    alice.factors.filter(kind="app").update(wrong_answers=99)
    judge(alice, wrong())
    assert alice.factors.usable().get().kind == Factor.Kind.PHONE
    assert judge(alice, shown()) == Judgement(Answer.EXPIRED)


def test_the_app_of_charlie_is_not_alices(alice: User, charlie: User) -> None:
    add(charlie)
    theirs = charlie.factors.get(kind="app")
    assert totp.judge(alice, theirs, shown(), origin=HERE).answer is Answer.EXPIRED


def test_an_app_without_a_name_has_one(bob: User) -> None:
    add(bob, name="")
    assert str(bob.factors.get()) == "authenticator app"


def test_a_used_code_sent_again_and_again_does_not_fill_the_audit(alice: User) -> None:
    """It costs no wait, so nothing else would stop a script."""
    add(alice)
    for _ in range(25):
        judge(alice, shown(NOW - 1))
    assert alice.audit_events.filter(event=Event.CODE_LATE).count() == 20
