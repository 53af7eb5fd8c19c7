"""Challenges: one question at a time, repeated with a pause, counted where it goes."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.base import SessionBase
from django.core import serializers
from django.test import TestCase

from accounts.models import User
from mfa import challenges, limits, prefixes
from mfa.challenges import Asking, Target
from mfa.counters import TooMany
from mfa.models import (
    AccountPolicy,
    AuditEvent,
    Brake,
    Challenge,
    Counter,
    Delivery,
    Event,
    OutboxMessage,
    Purpose,
)
from mfa.origin import Origin
from mfa.rules.codes import browser_of
from mfa.rules.routes import ChannelName
from mfa.sessions import SessionStore
from tests.conftest import NOON, make_user
from tests.portal_client import code, codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

# A recognized device: all others get a part of each limit.
HERE = Origin("198.51.100.1", "Firefox", known="a")
PHONE = "+447700900201"
NEW = "+447700900555"
LOGIN, ENROLL, CHANGE, TEST = Purpose.LOGIN, Purpose.ENROLL, Purpose.CHANGE, Purpose.TEST


def text_to(number: str, user: User | None = None) -> Target:
    factor = user.factors.first() if user else None
    return Target(channel=ChannelName.SMS, address=number, factor=factor)


def mail_to(user: User) -> Target:
    return Target(channel=ChannelName.EMAIL, address=user.email)


def issue(
    user: User,
    target: Target,
    *,
    purpose: Purpose = LOGIN,
    nonce: str = "session",
    origin: Origin = HERE,
) -> Challenge:
    # A page loads its person anew, and the policy with it.
    person = User.objects.get(pk=user.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return challenges.issue(person, target, purpose=purpose, nonce=nonce, origin=origin)


def resend(challenge: Challenge, *, nonce: str = "session") -> Challenge:
    fresh = Challenge.objects.get(pk=challenge.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return challenges.resend(fresh, fresh.user, nonce=nonce, origin=HERE)


def refused(user: User, target: Target, *, purpose: Purpose = LOGIN, origin: Origin = HERE) -> bool:
    before = Challenge.objects.count()
    with pytest.raises(TooMany):
        issue(user, target, purpose=purpose, nonce="one more", origin=origin)
    return Challenge.objects.count() == before


def strangers(count: int) -> list[User]:
    return [make_user(f"stranger{n}@example.org") for n in range(count)]


# Asking


def test_a_question_sends_one_message_at_once(alice: User) -> None:
    issue(alice, text_to(PHONE, alice))
    assert len(codes(PHONE)) == 1


def test_a_question_keeps_what_its_answer_needs(alice: User) -> None:
    challenge = issue(alice, text_to(PHONE, alice))
    challenge.refresh_from_db()
    assert challenge.factor == alice.factors.get()
    assert challenge.expires_at == NOON + timedelta(minutes=10)
    assert challenge.resend_at == NOON + timedelta(seconds=30)
    assert (challenge.tries_left, challenge.sends) == (5, 1)
    assert (challenge.passed_at, challenge.voided_at) == (None, None)


def test_the_policy_decides_how_long_a_code_lives(alice: User, policy: AccountPolicy) -> None:
    policy.code_life_minutes = 3
    policy.save()
    challenge = issue(alice, text_to(PHONE))
    assert challenge.expires_at == NOON + timedelta(minutes=3)
    assert "It expires in 3 minutes." in OutboxMessage.objects.get().body


def test_the_sent_code_is_the_session_s(alice: User) -> None:
    challenge = issue(alice, text_to(PHONE))
    assert code(PHONE) == challenge.code_for(browser_of("session"))


def test_another_session_s_code_is_another(alice: User) -> None:
    challenge = issue(alice, text_to(PHONE))
    assert challenge.code_for(browser_of("other")) != code(PHONE)


def test_no_table_holds_the_code_or_the_nonce(alice: User) -> None:
    issue(alice, text_to(PHONE), nonce="only-in-the-session")
    tables = (Challenge, Delivery, AuditEvent, Counter)
    dump = "".join(serializers.serialize("json", table.objects.all()) for table in tables)
    assert code(PHONE) not in dump
    assert "only-in-the-session" not in dump


def test_a_question_is_recorded_without_its_number(alice: User) -> None:
    issue(alice, text_to(PHONE))
    event = AuditEvent.objects.get()
    assert (event.event, event.user, event.address) == (Event.CODE_SENT, alice, HERE.address)
    assert event.details == {"channel": "sms", "purpose": "login", "attempt": 1}


def test_a_question_names_its_purpose_and_channel_alone(alice: User) -> None:
    assert str(issue(alice, text_to(PHONE))) == "login by sms"


def test_challenge_ids_hold_128_random_bits(alice: User) -> None:
    ids = {issue(alice, text_to(PHONE), nonce=str(n)).pk for n in range(5)}
    assert len(ids) == 5
    assert any(challenge.version != 4 for challenge in ids)


# One question at a time


def test_asking_again_goes_on_with_the_open_question(alice: User) -> None:
    first = issue(alice, text_to(PHONE))
    assert issue(alice, text_to(PHONE)) == first
    assert len(codes(PHONE)) == 1


def test_asking_again_counts_no_second_use(alice: User) -> None:
    issue(alice, text_to(PHONE))
    issue(alice, text_to(PHONE))
    assert set(Counter.objects.values_list("count", flat=True)) == {1}


@pytest.mark.parametrize("minutes", [timedelta(minutes=7, seconds=59), timedelta()])
def test_two_minutes_are_enough_to_go_on(
    alice: User, clock: time_machine.Traveller, minutes: timedelta
) -> None:
    first = issue(alice, text_to(PHONE))
    clock.shift(minutes)
    assert issue(alice, text_to(PHONE)) == first


def test_a_code_in_its_last_two_minutes_is_replaced(
    alice: User, clock: time_machine.Traveller
) -> None:
    first = issue(alice, text_to(PHONE))
    clock.shift(timedelta(minutes=8, seconds=1))
    second = issue(alice, text_to(PHONE))
    first.refresh_from_db()
    assert second != first
    assert first.voided_at == NOON + timedelta(minutes=8, seconds=1)
    assert len(set(codes(PHONE))) == 2


@pytest.mark.parametrize("closing", [{"passed_at": NOON}, {"voided_at": NOON}, {"tries_left": 0}])
def test_a_closed_question_is_not_gone_on_with(alice: User, closing: dict[str, object]) -> None:
    first = issue(alice, text_to(PHONE))
    Challenge.objects.update(**closing)
    assert issue(alice, text_to(PHONE)) != first


def test_another_way_voids_the_first_question(alice: User) -> None:
    text = issue(alice, text_to(PHONE))
    mail = issue(alice, mail_to(alice))
    text.refresh_from_db()
    mail.refresh_from_db()
    assert (text.voided_at, mail.voided_at) == (NOON, None)


def test_another_number_voids_the_first_question(bob: User) -> None:
    first = issue(bob, text_to(NEW), purpose=ENROLL)
    issue(bob, text_to("+447700900556"), purpose=ENROLL)
    first.refresh_from_db()
    assert first.voided_at == NOON


@pytest.mark.parametrize(
    ("nonce", "purpose"), [("other", LOGIN), ("session", CHANGE)], ids=["session", "purpose"]
)
def test_a_question_of_another_session_or_purpose_stays_open(
    alice: User, nonce: str, purpose: Purpose
) -> None:
    first = issue(alice, text_to(PHONE))
    issue(alice, text_to(PHONE), nonce=nonce, purpose=purpose)
    first.refresh_from_db()
    assert first.is_open(NOON)
    assert len(set(codes(PHONE))) == 2


def test_a_question_of_another_person_stays_open(alice: User, charlie: User) -> None:
    first = issue(alice, text_to(PHONE))
    issue(charlie, text_to(PHONE))
    first.refresh_from_db()
    assert first.is_open(NOON)


# Limits of asking


def test_a_confirmed_number_gets_five_texts_a_quarter_whatever_the_session(alice: User) -> None:
    for session in range(5):
        issue(alice, text_to(PHONE), nonce=str(session))
    assert refused(alice, text_to(PHONE))
    assert len(codes(PHONE)) == 5


def test_a_refusal_is_recorded(alice: User) -> None:
    for session in range(5):
        issue(alice, text_to(PHONE), nonce=str(session))
    refused(alice, text_to(PHONE))
    event = AuditEvent.objects.latest("pk")
    assert (event.event, event.user) == (Event.CODE_REFUSED, alice)
    assert event.details == {"channel": "sms"}


def test_a_refusal_leaves_the_open_question_open(alice: User) -> None:
    for session in range(5):
        last = issue(alice, text_to(PHONE), nonce=str(session))
    refused(alice, text_to(PHONE))
    last.refresh_from_db()
    assert last.is_open(NOON)


def test_texts_and_mails_are_counted_apart(alice: User) -> None:
    for session in range(5):
        issue(alice, text_to(PHONE), nonce=str(session))
    for session in range(5):
        issue(alice, mail_to(alice), nonce=str(session))
    assert refused(alice, mail_to(alice))
    assert len(codes(alice.email)) == 5


@pytest.mark.parametrize(("most", "hours"), [(10, 1), (30, 24)])
def test_a_confirmed_number_has_an_hour_s_and_a_day_s_limit(
    alice: User, clock: time_machine.Traveller, most: int, hours: int
) -> None:
    clock.move_to(NOON.replace(hour=0))
    for session in range(most):
        issue(alice, text_to(PHONE), nonce=str(session))
        clock.shift(timedelta(hours=hours) / most / 1.5)
    assert refused(alice, text_to(PHONE))


def test_one_address_may_ask_for_many_confirmed_numbers(policy: AccountPolicy) -> None:
    for person in strangers(60):
        issue(person, mail_to(person))
    assert OutboxMessage.objects.count() == 60


@pytest.mark.parametrize("purpose", [ENROLL, CHANGE])
def test_an_unproven_number_gets_five_texts_an_hour_whoever_asks(
    policy: AccountPolicy, purpose: Purpose
) -> None:
    *five, sixth = strangers(6)
    for person in five:
        issue(person, text_to(NEW), purpose=purpose)
    assert refused(sixth, text_to(NEW), purpose=purpose)


def test_an_unproven_number_gets_ten_texts_a_day(
    policy: AccountPolicy, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOON.replace(hour=0))
    *ten, eleventh = strangers(11)
    for person in ten:
        issue(person, text_to(NEW), purpose=ENROLL)
        clock.shift(timedelta(minutes=30))
    assert refused(eleventh, text_to(NEW), purpose=ENROLL)


def test_a_person_tries_three_numbers_a_day(bob: User) -> None:
    for number in (f"{NEW[:-1]}{last}" for last in range(3)):
        issue(bob, text_to(number), purpose=ENROLL)
    assert refused(bob, text_to(NEW), purpose=ENROLL)


def test_a_number_counts_once_for_its_person(bob: User) -> None:
    for session in range(4):
        issue(bob, text_to(NEW), purpose=ENROLL, nonce=str(session))
    assert len(codes(NEW)) == 4


def test_a_number_that_another_person_tried_is_new_for_this_one(bob: User, charlie: User) -> None:
    issue(charlie, text_to(NEW), purpose=CHANGE)
    for number in (f"{NEW[:-1]}{last}" for last in range(3)):
        issue(bob, text_to(number), purpose=ENROLL)
    assert refused(bob, text_to(NEW), purpose=ENROLL)


def test_a_number_of_yesterday_counts_anew(bob: User, clock: time_machine.Traveller) -> None:
    issue(bob, text_to(NEW), purpose=ENROLL)
    clock.shift(limits.DAY)
    issue(bob, text_to(NEW), purpose=ENROLL)
    today = limits.NUMBERS_PER_PERSON.of(str(bob.pk))
    assert Counter.objects.get(key=today.key, bucket=today.bucket(NOON + limits.DAY)).count == 1


@pytest.mark.parametrize(
    ("one", "last"),
    [("198.51.100.1", "198.51.100.1"), ("2001:db8::1", "2001:db8::ffff")],
    ids=["IPv4", "IPv6 /64"],
)
def test_an_address_enrolls_25_numbers_in_five_minutes(
    policy: AccountPolicy, one: str, last: str
) -> None:
    *people, late = strangers(26)
    for n, person in enumerate(people):
        issue(person, text_to(f"+4477{n:02}123555"), purpose=ENROLL, origin=Origin(one, ""))
    assert refused(late, text_to(NEW), purpose=ENROLL, origin=Origin(last, ""))
    issue(late, text_to(NEW), purpose=ENROLL, origin=Origin("203.0.113.9", ""))


def test_a_thousand_neighboring_numbers_get_fifty_texts_a_day(policy: AccountPolicy) -> None:
    """Also where all of them are confirmed at once."""
    *people, late = strangers(51)
    for n, person in enumerate(people):
        origin = Origin(f"203.0.113.{n}", "")
        challenge = issue(person, text_to(f"+447700900{n:03}"), purpose=ENROLL, origin=origin)
        prefixes.settle(challenge)
    assert refused(late, text_to("+447700900999"), purpose=ENROLL)
    assert not Brake.objects.exists()
    issue(late, text_to("+447700901000"), purpose=ENROLL)


def test_an_administrator_sends_ten_tests_an_hour(root: User) -> None:
    for n in range(10):
        issue(root, text_to(f"+4477009{n}0555"), purpose=TEST, nonce=str(n))
    assert refused(root, text_to(NEW), purpose=TEST)


def test_a_limit_of_enrollment_does_not_hold_up_the_first_login(bob: User) -> None:
    for session in range(5):
        issue(bob, text_to(NEW), purpose=ENROLL, nonce=str(session))
    assert refused(bob, text_to(NEW), purpose=ENROLL)
    issue(bob, text_to(NEW), purpose=LOGIN)
    assert len(set(codes(NEW))) == 6


def test_one_number_may_serve_several_people(alice: User, charlie: User) -> None:
    issue(alice, text_to(NEW), purpose=CHANGE)
    issue(charlie, text_to(NEW), purpose=CHANGE)
    assert len(set(codes(NEW))) == 2


# Sending again


def test_a_repeat_carries_the_same_code(alice: User, clock: time_machine.Traveller) -> None:
    challenge = issue(alice, text_to(PHONE))
    clock.shift(timedelta(seconds=30))
    assert resend(challenge) == challenge
    first, second = codes(PHONE)
    assert first == second


def test_repeats_wait_30_60_and_then_always_120_seconds(
    alice: User, clock: time_machine.Traveller
) -> None:
    challenge = issue(alice, text_to(PHONE))
    for pause in (30, 60, 120, 120):
        clock.shift(timedelta(seconds=pause - 1))
        with pytest.raises(TooMany):
            resend(challenge)
        clock.shift(timedelta(seconds=1))
        resend(challenge)
    assert len(codes(PHONE)) == 5


def test_a_repeat_before_its_time_tells_when(alice: User) -> None:
    challenge = issue(alice, text_to(PHONE))
    with pytest.raises(TooMany) as caught:
        resend(challenge)
    assert caught.value.until == NOON + timedelta(seconds=30)


def test_the_second_of_two_clicks_is_told_the_next_time(
    alice: User, clock: time_machine.Traveller
) -> None:
    stale = issue(alice, text_to(PHONE))
    clock.shift(timedelta(seconds=30))
    resend(stale)
    with pytest.raises(TooMany) as caught:
        challenges.resend(stale, alice, nonce="session", origin=HERE)
    assert caught.value.until == NOON + timedelta(seconds=90)
    assert len(codes(PHONE)) == 2


def test_repeats_are_numbered(alice: User, clock: time_machine.Traveller) -> None:
    challenge = issue(alice, text_to(PHONE))
    clock.shift(timedelta(seconds=30))
    resend(challenge)
    assert list(Delivery.objects.order_by("pk").values_list("attempt", flat=True)) == [1, 2]
    assert AuditEvent.objects.latest("pk").details["attempt"] == 2


def test_a_repeat_gives_back_no_tries(alice: User, clock: time_machine.Traveller) -> None:
    challenge = issue(alice, text_to(PHONE))
    Challenge.objects.update(tries_left=2)
    clock.shift(timedelta(seconds=30))
    assert resend(challenge).tries_left == 2


def test_repeats_count_under_the_limits(alice: User, clock: time_machine.Traveller) -> None:
    for session in range(4):
        issue(alice, text_to(PHONE), nonce=str(session))
    challenge = issue(alice, text_to(PHONE))
    clock.shift(timedelta(seconds=30))
    with pytest.raises(TooMany) as caught:
        resend(challenge)
    assert caught.value.until > NOON + timedelta(minutes=10)
    assert len(codes(PHONE)) == 5


def test_a_refused_repeat_is_recorded(alice: User, clock: time_machine.Traveller) -> None:
    for session in range(4):
        issue(alice, text_to(PHONE), nonce=str(session))
    challenge = issue(alice, text_to(PHONE))
    clock.shift(timedelta(seconds=30))
    with pytest.raises(TooMany):
        resend(challenge)
    assert AuditEvent.objects.latest("pk").event == Event.CODE_REFUSED


def test_a_code_in_its_last_two_minutes_is_not_repeated(
    alice: User, clock: time_machine.Traveller
) -> None:
    first = issue(alice, text_to(PHONE, alice))
    clock.shift(timedelta(minutes=8, seconds=1))
    second = resend(first)
    first.refresh_from_db()
    assert second != first
    assert first.voided_at == NOON + timedelta(minutes=8, seconds=1)
    assert second.factor == first.factor
    assert len(set(codes(PHONE))) == 2


@pytest.mark.parametrize("closing", [{"passed_at": NOON}, {"voided_at": NOON}, {"tries_left": 0}])
def test_a_closed_question_is_asked_anew(
    alice: User, clock: time_machine.Traveller, closing: dict[str, object]
) -> None:
    first = issue(alice, text_to(PHONE))
    Challenge.objects.update(**closing)
    clock.shift(timedelta(seconds=30))
    assert resend(first).is_open(NOON)


def test_an_expired_question_is_asked_anew(alice: User, clock: time_machine.Traveller) -> None:
    first = issue(alice, text_to(PHONE))
    clock.shift(timedelta(minutes=11))
    assert resend(first).expires_at == NOON + timedelta(minutes=21)


# What a session keeps


@pytest.fixture
def session() -> SessionBase:
    return SessionStore()


def test_a_session_that_asked_nothing_starts_with_128_random_bits(session: SessionBase) -> None:
    one, other = (Asking.of(session, CHANGE) for _ in range(2))
    assert one.nonce != other.nonce
    assert len(bytes.fromhex(one.nonce)) == 16
    assert one.challenge == ""


def test_a_session_keeps_what_it_asked(session: SessionBase) -> None:
    asking = Asking.of(session, CHANGE)
    asking.challenge = "00000000-0000-4000-8000-000000000000"
    asking.save(session)
    assert Asking.of(session, CHANGE) == asking


def test_a_session_keeps_each_purpose_apart(session: SessionBase) -> None:
    Asking.of(session, CHANGE).save(session)
    assert Asking.of(session, TEST).nonce != Asking.of(session, CHANGE).nonce


def test_a_session_forgets_what_is_done(session: SessionBase) -> None:
    asking = Asking.of(session, CHANGE)
    asking.save(session)
    asking.drop(session)
    assert session.is_empty()


def test_forgetting_nothing_is_fine(session: SessionBase) -> None:
    Asking.of(session, CHANGE).drop(session)
    assert session.is_empty()


def test_a_session_that_asked_nothing_has_no_question(session: SessionBase, alice: User) -> None:
    assert Asking.of(session, CHANGE).question(alice) is None


def test_a_session_finds_its_question(alice: User) -> None:
    asked = issue(alice, text_to(NEW), purpose=CHANGE)
    assert Asking(CHANGE, "nonce", str(asked.pk)).question(alice) == asked


def test_a_session_finds_no_question_of_another_purpose(alice: User) -> None:
    asked = issue(alice, text_to(NEW), purpose=TEST)
    assert Asking(CHANGE, "nonce", str(asked.pk)).question(alice) is None


def test_a_session_finds_no_question_of_another_person(alice: User, charlie: User) -> None:
    asked = issue(alice, text_to(NEW), purpose=CHANGE)
    assert Asking(CHANGE, "nonce", str(asked.pk)).question(charlie) is None
