"""Challenges and answers under many parallel clicks."""

from collections import Counter as Metric
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from mfa import challenges
from mfa.challenges import Outcome, Result, Target
from mfa.client import Client
from mfa.limits.counters import TooMany
from mfa.limits.table import CONFIRMED
from mfa.models import AuditEvent, Challenge, Counter, Event
from mfa.rules.codes import browser_of
from mfa.rules.methods import MESSAGING, ChannelName
from mfa.rules.routes import Purpose
from tests.portal_client import codes
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Client("198.51.100.1", "Firefox")
PHONE = "+447700900201"


def issue(user: User, channel: ChannelName = ChannelName.SMS, nonce: str = "session") -> Challenge:
    factor = user.factors.get() if channel is ChannelName.SMS else None
    target = Target(channel=channel, address=factor.target if factor else user.email, factor=factor)
    return challenges.issue(user, target, purpose=Purpose.LOGIN, nonce=nonce, client=HERE)


def resend(challenge: Challenge) -> Challenge:
    fresh = Challenge.objects.get(pk=challenge.pk)
    return challenges.resend(fresh, fresh.user, nonce="session", client=HERE)


def judge(challenge: Challenge, typed: str, nonce: str = "session") -> Result:
    fresh = Challenge.objects.get(pk=challenge.pk)
    return challenges.judge(fresh, fresh.user, typed, nonce=nonce, client=HERE)


def may_be_repeated(challenge: Challenge) -> None:
    Challenge.objects.filter(pk=challenge.pk).update(resend_at=timezone.now())


def right(challenge: Challenge) -> str:
    return challenge.code_for(browser_of("session"))


def wrong(challenge: Challenge) -> str:
    return f"{(int(right(challenge)) + 1) % 1_000_000:06}"


def recorded(event: Event) -> int:
    return AuditEvent.objects.filter(event=event).count()


@pytest.fixture
def question(alice: User) -> Challenge:
    """The challenge sent to Alice's phone."""
    return issue(alice)


# Answers


def test_five_of_fifty_parallel_wrong_answers_are_verified(
    question: Challenge, alice: User
) -> None:
    given = many(50, partial(judge, question, wrong(question)))
    judged = [one for one in given if not isinstance(one, TooMany)]
    assert [result.outcome for result in judged] == [Outcome.WRONG] * 5
    alice.refresh_from_db()
    question.refresh_from_db()
    assert recorded(Event.CODE_WRONG) == alice.wrong_answers == 5
    assert alice.factors.get().wrong_answers == 5
    assert question.tries_left == 0


def test_one_of_twenty_parallel_right_answers_passes(question: Challenge) -> None:
    given = many(20, partial(judge, question, right(question)))
    assert Metric(result.outcome for result in given) == {Outcome.RIGHT: 1, Outcome.SPENT: 19}
    assert recorded(Event.CODE_RIGHT) == 1


def test_right_answer_among_wrong_ones_passes_at_most_once(question: Challenge) -> None:
    wrongs = [partial(judge, question, wrong(question))] * 20
    rights = [partial(judge, question, right(question))] * 10
    at_once(rights + wrongs)
    question.refresh_from_db()
    judged = recorded(Event.CODE_WRONG) + recorded(Event.CODE_RIGHT)
    assert recorded(Event.CODE_RIGHT) == (question.passed_at is not None)
    assert judged == 5 - question.tries_left <= 5


def test_fifth_wrong_answer_locks_all_unrecognized_devices(alice: User) -> None:
    asked = {session: issue(alice, nonce=session) for session in "abc"}
    given = at_once(
        [partial(judge, asked[session], "none", session) for session in asked for _ in range(5)]
    )
    alice.refresh_from_db()
    assert recorded(Event.CODE_WRONG) == alice.wrong_answers == 5
    assert recorded(Event.LOCKED) == 1
    assert sum(isinstance(answer, TooMany) for answer in given) == 10


# Challenges


def test_one_of_twenty_parallel_repeats_is_sent(question: Challenge) -> None:
    may_be_repeated(question)
    given = many(20, partial(resend, question))
    assert sum(isinstance(answer, TooMany) for answer in given) == 19
    assert len(codes(PHONE)) == 2
    question.refresh_from_db()
    assert question.sends == 2


def test_twenty_refused_repeats_count_nothing(question: Challenge, alice: User) -> None:
    for session in range(2):
        issue(alice, nonce=str(session))
    may_be_repeated(question)
    given = many(20, partial(resend, question))
    assert all(isinstance(answer, TooMany) for answer in given)
    counts = Counter.objects.filter(key__in=[limit.of(f"sms:{PHONE}").key for limit in CONFIRMED])
    assert set(counts.values_list("count", flat=True)) == {3}
    assert len(codes(PHONE)) == 3


def test_twenty_clicks_on_other_method_are_one_challenge(question: Challenge, alice: User) -> None:
    given = many(20, partial(issue, alice, ChannelName.EMAIL))
    assert len({challenge.pk for challenge in given}) == 1
    assert len(codes(alice.email)) == 1


def test_twenty_clicks_count_as_one_use(alice: User) -> None:
    many(20, partial(issue, alice))
    assert set(Counter.objects.values_list("count", flat=True)) == {1}


def test_one_of_two_parallel_challenges_stays_open(alice: User) -> None:
    at_once([partial(issue, alice, channel) for channel in MESSAGING] * 10)
    assert Challenge.objects.open(timezone.now()).count() == 1


def test_twenty_sessions_get_as_many_texts_as_the_limit_allows(alice: User) -> None:
    given = at_once([partial(issue, alice, nonce=str(session)) for session in range(20)])
    assert sum(isinstance(answer, Challenge) for answer in given) == 3
    assert len(codes(PHONE)) == 3
    assert recorded(Event.CODE_REFUSED) == 17


def test_code_in_its_last_minutes_is_replaced_once(question: Challenge) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    Challenge.objects.update(resend_at=timezone.now(), expires_at=soon)
    given = many(20, partial(resend, question))
    assert len({challenge.pk for challenge in given}) == 1
    assert len(codes(PHONE)) == 2


# All at once


def test_repeats_and_answers_do_not_lock_each_other_out(question: Challenge, alice: User) -> None:
    may_be_repeated(question)
    repeats = [partial(resend, question)] * 8
    wrongs = [partial(judge, question, wrong(question))] * 8
    mails = [partial(issue, alice, ChannelName.EMAIL)] * 4
    at_once([work for three in zip(repeats, wrongs, mails * 2, strict=True) for work in three])
    assert len(codes(PHONE)) <= 5
    assert recorded(Event.CODE_WRONG) <= 5
