"""Limits for blocks of numbers that were texted and not confirmed (PS-07)."""

import pytest
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from mfa import challenges
from mfa.challenges import Outcome, Target
from mfa.client import Client
from mfa.limits import counters, unconfirmed
from mfa.limits.base import DAY
from mfa.limits.counters import TooMany
from mfa.models import Challenge, SendBlock
from mfa.rules.codes import browser_of
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
from tests.conftest import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "policy")]

HERE = Client("198.51.100.1", "Firefox")
BLOCK, RANGE = "+447546123", "+44754612"


def ask(user: User, number: str, *, nonce: str = "session") -> Challenge:
    person = User.objects.get(pk=user.pk)
    target = Target(channel=ChannelName.SMS, address=number)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return challenges.issue(person, target, purpose=Purpose.ENROLL, nonce=nonce, client=HERE)


def confirm(challenge: Challenge) -> None:
    code = challenge.code_for(browser_of("session"))
    person = User.objects.get(pk=challenge.user_id)
    result = challenges.judge(challenge, person, code, nonce="session", client=HERE)
    assert result.outcome is Outcome.RIGHT


def counted() -> tuple[int, int]:
    """How many numbers of the block and of the range count."""
    return tuple(counters.used(unconfirmed.uses(f"{BLOCK}456")).values())


def test_scopes_cover_thousand_and_ten_thousand_numbers() -> None:
    assert unconfirmed.scopes("+447546123456") == [BLOCK, RANGE]


def test_number_counts_once_for_its_person_however_often_it_is_texted(clock, bob: User) -> None:
    first = ask(bob, f"{BLOCK}456")
    for session in range(3):
        ask(bob, f"{BLOCK}456", nonce=str(session))
    clock.shift(31)
    challenges.resend(first, bob, nonce="session", client=HERE)
    assert counted() == (1, 1)


def test_same_number_counts_for_each_person(alice: User, bob: User) -> None:
    ask(alice, f"{BLOCK}456")
    ask(bob, f"{BLOCK}456")
    assert counted() == (2, 2)


def test_neighboring_block_counts_only_in_the_range(bob: User) -> None:
    ask(bob, "+447546129456")
    assert counted() == (0, 1)


def test_verified_number_no_longer_counts(bob: User) -> None:
    challenge = ask(bob, f"{BLOCK}456")
    confirm(challenge)
    assert counted() == (0, 0)


def test_second_question_confirms_what_first_one_counted(clock, bob: User) -> None:
    ask(bob, f"{BLOCK}456")
    clock.shift(600)
    confirm(ask(bob, f"{BLOCK}456"))
    assert counted() == (0, 0)


def test_confirming_again_does_not_reduce_count_of_others(clock, alice: User, bob: User) -> None:
    """Otherwise one real phone would reset the whole block."""
    ask(alice, f"{BLOCK}111")
    for _ in range(4):
        confirm(ask(bob, f"{BLOCK}456"))
        clock.shift(60)
    assert counted() == (1, 1)


def test_number_confirmed_today_does_not_count_again_today(bob: User) -> None:
    confirm(ask(bob, f"{BLOCK}456"))
    ask(bob, f"{BLOCK}456")
    assert counted() == (0, 0)


def test_number_counts_again_after_a_day(clock, bob: User) -> None:
    confirm(ask(bob, f"{BLOCK}456"))
    clock.shift(DAY)
    ask(bob, f"{BLOCK}456")
    assert counted() == (1, 1)


def test_unsent_text_does_not_count(bob: User) -> None:
    """An outage of the provider is not fraud. This number fails on purpose."""
    ask(bob, "+447700900000")
    assert counters.used(unconfirmed.uses("+447700900000")) == dict.fromkeys(
        unconfirmed.uses("+447700900000"), 0
    )


def test_failed_number_does_not_reduce_count_of_others(alice: User, bob: User) -> None:
    """Otherwise a bad number would reset the whole block."""
    ask(alice, "+447700900555")
    for session in range(4):
        ask(bob, "+447700900000", nonce=str(session))
    assert set(counters.used(unconfirmed.uses("+447700900000")).values()) == {1}


def test_maybe_sent_text_counts(bob: User) -> None:
    ask(bob, "+447700900009")
    assert set(counters.used(unconfirmed.uses("+447700900009")).values()) == {1}


@pytest.mark.parametrize("scope", [BLOCK, RANGE])
def test_allowed_prefix_does_not_count(bob: User, scope: str) -> None:
    until = timezone.now() + DAY
    SendBlock.objects.create(scope=scope, started_at=until, until=until, lifted_at=until)
    assert not ask(bob, f"{BLOCK}456").unsettled
    assert counted() == (0, 0)


def test_sixth_unconfirmed_number_is_blocked(policy) -> None:
    people = [make_user(f"p{n}@example.org") for n in range(6)]
    for n, person in enumerate(people[:5]):
        ask(person, f"{BLOCK}{n}00")
    with pytest.raises(TooMany):
        ask(people[5], f"{BLOCK}999")
    assert [block.scope for block in SendBlock.objects.all()] == [BLOCK]


def test_login_does_not_count_in_block(alice: User) -> None:
    target = Target(channel=ChannelName.SMS, address="+447700900201", factor=alice.factors.first())
    challenge = challenges.issue(alice, target, purpose=Purpose.LOGIN, nonce="session", client=HERE)
    assert (challenge.new_in, challenge.unsettled) == ("", False)
