"""Prefixes: how many new numbers of a block were texted and not confirmed (PS-07)."""

import pytest
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from mfa import answers, challenges, counters, prefixes
from mfa.answers import Answer
from mfa.challenges import Target
from mfa.counters import TooMany
from mfa.limits import DAY
from mfa.models import Brake, Challenge, Purpose
from mfa.origin import Origin
from mfa.rules.codes import browser_of
from mfa.rules.routes import ChannelName
from tests.conftest import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "policy")]

HERE = Origin("198.51.100.1", "Firefox")
BLOCK, RANGE = "+447546123", "+44754612"


def ask(user: User, number: str, *, nonce: str = "session") -> Challenge:
    person = User.objects.get(pk=user.pk)
    target = Target(channel=ChannelName.SMS, address=number)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return challenges.issue(person, target, purpose=Purpose.ENROLL, nonce=nonce, origin=HERE)


def confirm(challenge: Challenge) -> None:
    code = challenge.code_for(browser_of("session"))
    person = User.objects.get(pk=challenge.user_id)
    judgement = answers.judge(challenge, person, code, nonce="session", origin=HERE)
    assert judgement.answer is Answer.RIGHT


def counted() -> tuple[int, int]:
    """How many numbers of the block and of the range count."""
    return tuple(counters.used(prefixes.uses(f"{BLOCK}456")).values())


def test_the_starts_are_a_thousand_and_ten_thousand_numbers() -> None:
    assert prefixes.scopes("+447546123456") == [BLOCK, RANGE]


def test_a_number_counts_once_for_its_person_however_often_it_is_texted(clock, bob: User) -> None:
    first = ask(bob, f"{BLOCK}456")
    for session in range(3):
        ask(bob, f"{BLOCK}456", nonce=str(session))
    clock.shift(31)
    challenges.resend(first, bob, nonce="session", origin=HERE)
    assert counted() == (1, 1)


def test_the_same_number_counts_for_each_person(alice: User, bob: User) -> None:
    ask(alice, f"{BLOCK}456")
    ask(bob, f"{BLOCK}456")
    assert counted() == (2, 2)


def test_a_neighboring_block_counts_in_the_range_alone(bob: User) -> None:
    ask(bob, "+447546129456")
    assert counted() == (0, 1)


def test_a_confirmed_number_counts_no_more(bob: User) -> None:
    challenge = ask(bob, f"{BLOCK}456")
    confirm(challenge)
    assert counted() == (0, 0)


def test_the_second_question_confirms_what_the_first_one_counted(clock, bob: User) -> None:
    ask(bob, f"{BLOCK}456")
    clock.shift(600)
    confirm(ask(bob, f"{BLOCK}456"))
    assert counted() == (0, 0)


def test_confirming_again_gives_nothing_back_for_others(clock, alice: User, bob: User) -> None:
    """Or one honest phone would wash a whole block."""
    ask(alice, f"{BLOCK}111")
    for _ in range(4):
        confirm(ask(bob, f"{BLOCK}456"))
        clock.shift(60)
    assert counted() == (1, 1)


def test_a_number_confirmed_today_counts_no_more_today(bob: User) -> None:
    confirm(ask(bob, f"{BLOCK}456"))
    ask(bob, f"{BLOCK}456")
    assert counted() == (0, 0)


def test_after_a_day_it_counts_anew(clock, bob: User) -> None:
    confirm(ask(bob, f"{BLOCK}456"))
    clock.shift(DAY)
    ask(bob, f"{BLOCK}456")
    assert counted() == (1, 1)


def test_a_text_that_never_left_counts_for_nothing(bob: User) -> None:
    """An hour without provider is no fraud; this number fails on purpose."""
    ask(bob, "+447700900000")
    assert counters.used(prefixes.uses("+447700900000")) == dict.fromkeys(
        prefixes.uses("+447700900000"), 0
    )


def test_a_number_that_fails_gives_nothing_back_for_others(alice: User, bob: User) -> None:
    """Or a bad number asked again and again would wash a whole block."""
    ask(alice, "+447700900555")
    for session in range(4):
        ask(bob, "+447700900000", nonce=str(session))
    assert set(counters.used(prefixes.uses("+447700900000")).values()) == {1}


def test_what_maybe_left_counts(bob: User) -> None:
    ask(bob, "+447700900009")
    assert set(counters.used(prefixes.uses("+447700900009")).values()) == {1}


@pytest.mark.parametrize("scope", [BLOCK, RANGE])
def test_a_start_that_is_vouched_for_counts_nothing(bob: User, scope: str) -> None:
    until = timezone.now() + DAY
    Brake.objects.create(scope=scope, started_at=until, until=until, lifted_at=until)
    assert not ask(bob, f"{BLOCK}456").unsettled
    assert counted() == (0, 0)


def test_five_wait_and_the_sixth_is_held(policy) -> None:
    people = [make_user(f"p{n}@example.org") for n in range(6)]
    for n, person in enumerate(people[:5]):
        ask(person, f"{BLOCK}{n}00")
    with pytest.raises(TooMany):
        ask(people[5], f"{BLOCK}999")
    assert [brake.scope for brake in Brake.objects.all()] == [BLOCK]


def test_a_login_counts_among_no_neighbors(alice: User) -> None:
    target = Target(channel=ChannelName.SMS, address="+447700900201", factor=alice.factors.first())
    challenge = challenges.issue(alice, target, purpose=Purpose.LOGIN, nonce="session", origin=HERE)
    assert (challenge.new_in, challenge.unsettled) == ("", False)
