"""Sending challenges: one open at a time, repeated with a pause, and counted."""

from datetime import timedelta

import pytest
import time_machine
from django.core import serializers
from django.test import TestCase

from accounts.models import User
from mfa import challenges
from mfa.challenges import Target
from mfa.client import Client
from mfa.limits import table as limits, unconfirmed
from mfa.limits.base import DAY
from mfa.limits.counters import TooMany
from mfa.models import (
    AuditEvent,
    Challenge,
    Counter,
    Delivery,
    Event,
    OutboxMessage,
    SendBlock,
    SitePolicy,
)
from mfa.rules.codes import browser_of
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
from tests.conftest import NOON, make_user
from tests.portal_client import code, codes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

# A recognized device. All others get only a part of each limit.
HERE = Client("198.51.100.1", "Firefox", known="a")
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
    client: Client = HERE,
) -> Challenge:
    # A page loads its person again, and the policy with it.
    person = User.objects.get(pk=user.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return challenges.issue(person, target, purpose=purpose, nonce=nonce, client=client)


def resend(challenge: Challenge, *, nonce: str = "session") -> Challenge:
    fresh = Challenge.objects.get(pk=challenge.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return challenges.resend(fresh, fresh.user, nonce=nonce, client=HERE)


def refused(user: User, target: Target, *, purpose: Purpose = LOGIN, client: Client = HERE) -> bool:
    before = Challenge.objects.count()
    with pytest.raises(TooMany):
        issue(user, target, purpose=purpose, nonce="one more", client=client)
    return Challenge.objects.count() == before


def strangers(count: int) -> list[User]:
    return [make_user(f"stranger{n}@example.org") for n in range(count)]


# Sending


def test_challenge_sends_one_message(alice: User) -> None:
    issue(alice, text_to(PHONE, alice))
    assert len(codes(PHONE)) == 1


def test_challenge_stores_everything_needed_to_verify_it(alice: User) -> None:
    challenge = issue(alice, text_to(PHONE, alice))
    challenge.refresh_from_db()
    assert challenge.factor == alice.factors.get()
    assert challenge.expires_at == NOON + timedelta(minutes=10)
    assert challenge.resend_at == NOON + timedelta(seconds=30)
    assert (challenge.tries_left, challenge.sends) == (5, 1)
    assert (challenge.passed_at, challenge.voided_at) == (None, None)


def test_policy_sets_code_lifetime(alice: User, policy: SitePolicy) -> None:
    policy.code_life_minutes = 3
    policy.save()
    challenge = issue(alice, text_to(PHONE))
    assert challenge.expires_at == NOON + timedelta(minutes=3)
    assert "It expires in 3 minutes." in OutboxMessage.objects.get().body


def test_sent_code_belongs_to_session(alice: User) -> None:
    challenge = issue(alice, text_to(PHONE))
    assert code(PHONE) == challenge.code_for(browser_of("session"))


def test_codes_of_sessions_differ(alice: User) -> None:
    challenge = issue(alice, text_to(PHONE))
    assert challenge.code_for(browser_of("other")) != code(PHONE)


def test_no_table_holds_the_code_or_the_nonce(alice: User) -> None:
    issue(alice, text_to(PHONE), nonce="only-in-the-session")
    tables = (Challenge, Delivery, AuditEvent, Counter)
    dump = "".join(serializers.serialize("json", table.objects.all()) for table in tables)
    assert code(PHONE) not in dump
    assert "only-in-the-session" not in dump


def test_question_is_recorded_without_its_number(alice: User) -> None:
    issue(alice, text_to(PHONE))
    event = AuditEvent.objects.get()
    assert (event.event, event.user, event.address) == (Event.CODE_SENT, alice, HERE.address)
    assert event.details == {"channel": "sms", "purpose": "login", "attempt": 1}


def test_question_row_has_only_purpose_and_channel(alice: User) -> None:
    assert str(issue(alice, text_to(PHONE))) == "log in (Text)"


def test_challenge_ids_hold_128_random_bits(alice: User) -> None:
    ids = {issue(alice, text_to(PHONE), nonce=str(n)).pk for n in range(5)}
    assert len(ids) == 5
    assert any(challenge.version != 4 for challenge in ids)


# One challenge at a time


def test_asking_again_returns_open_challenge(alice: User) -> None:
    first = issue(alice, text_to(PHONE))
    assert issue(alice, text_to(PHONE)) == first
    assert len(codes(PHONE)) == 1


def test_repeated_request_is_not_counted_again(alice: User) -> None:
    issue(alice, text_to(PHONE))
    issue(alice, text_to(PHONE))
    assert set(Counter.objects.values_list("count", flat=True)) == {1}


@pytest.mark.parametrize("minutes", [timedelta(minutes=7, seconds=59), timedelta()])
def test_code_with_two_minutes_left_is_kept(
    alice: User, clock: time_machine.Traveller, minutes: timedelta
) -> None:
    first = issue(alice, text_to(PHONE))
    clock.shift(minutes)
    assert issue(alice, text_to(PHONE)) == first


def test_code_in_its_last_two_minutes_is_replaced(
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
def test_closed_challenge_is_not_returned(alice: User, closing: dict[str, object]) -> None:
    first = issue(alice, text_to(PHONE))
    Challenge.objects.update(**closing)
    assert issue(alice, text_to(PHONE)) != first


def test_other_channel_voids_first_challenge(alice: User) -> None:
    text = issue(alice, text_to(PHONE))
    mail = issue(alice, mail_to(alice))
    text.refresh_from_db()
    mail.refresh_from_db()
    assert (text.voided_at, mail.voided_at) == (NOON, None)


def test_other_number_voids_first_challenge(bob: User) -> None:
    first = issue(bob, text_to(NEW), purpose=ENROLL)
    issue(bob, text_to("+447700900556"), purpose=ENROLL)
    first.refresh_from_db()
    assert first.voided_at == NOON


@pytest.mark.parametrize(
    ("nonce", "purpose"), [("other", LOGIN), ("session", CHANGE)], ids=["session", "purpose"]
)
def test_question_of_another_session_or_purpose_stays_open(
    alice: User, nonce: str, purpose: Purpose
) -> None:
    first = issue(alice, text_to(PHONE))
    issue(alice, text_to(PHONE), nonce=nonce, purpose=purpose)
    first.refresh_from_db()
    assert first.is_open(NOON)
    assert len(set(codes(PHONE))) == 2


def test_question_of_another_person_stays_open(alice: User, charlie: User) -> None:
    first = issue(alice, text_to(PHONE))
    issue(charlie, text_to(PHONE))
    first.refresh_from_db()
    assert first.is_open(NOON)


# Limits


def test_confirmed_number_gets_five_texts_in_15_minutes_from_all_sessions(alice: User) -> None:
    for session in range(5):
        issue(alice, text_to(PHONE), nonce=str(session))
    assert refused(alice, text_to(PHONE))
    assert len(codes(PHONE)) == 5


def test_refusal_is_recorded(alice: User) -> None:
    for session in range(5):
        issue(alice, text_to(PHONE), nonce=str(session))
    refused(alice, text_to(PHONE))
    event = AuditEvent.objects.latest("pk")
    assert (event.event, event.user) == (Event.CODE_REFUSED, alice)
    assert event.details == {"channel": "sms"}


def test_refusal_leaves_open_question_open(alice: User) -> None:
    for session in range(5):
        last = issue(alice, text_to(PHONE), nonce=str(session))
    refused(alice, text_to(PHONE))
    last.refresh_from_db()
    assert last.is_open(NOON)


def test_texts_and_emails_count_separately(alice: User) -> None:
    for session in range(5):
        issue(alice, text_to(PHONE), nonce=str(session))
    for session in range(5):
        issue(alice, mail_to(alice), nonce=str(session))
    assert refused(alice, mail_to(alice))
    assert len(codes(alice.email)) == 5


@pytest.mark.parametrize(("most", "hours"), [(10, 1), (30, 24)])
def test_verified_number_has_hourly_and_daily_limit(
    alice: User, clock: time_machine.Traveller, most: int, hours: int
) -> None:
    clock.move_to(NOON.replace(hour=0))
    for session in range(most):
        issue(alice, text_to(PHONE), nonce=str(session))
        clock.shift(timedelta(hours=hours) / most / 1.5)
    assert refused(alice, text_to(PHONE))


def test_address_has_no_limit_for_verified_numbers(policy: SitePolicy) -> None:
    for person in strangers(60):
        issue(person, mail_to(person))
    assert OutboxMessage.objects.count() == 60


@pytest.mark.parametrize("purpose", [ENROLL, CHANGE])
def test_unverified_number_gets_five_texts_an_hour_from_all_people(
    policy: SitePolicy, purpose: Purpose
) -> None:
    *five, sixth = strangers(6)
    for person in five:
        issue(person, text_to(NEW), purpose=purpose)
    assert refused(sixth, text_to(NEW), purpose=purpose)


def test_unverified_number_gets_ten_texts_a_day(
    policy: SitePolicy, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOON.replace(hour=0))
    *ten, eleventh = strangers(11)
    for person in ten:
        issue(person, text_to(NEW), purpose=ENROLL)
        clock.shift(timedelta(minutes=30))
    assert refused(eleventh, text_to(NEW), purpose=ENROLL)


def test_person_can_try_three_numbers_a_day(bob: User) -> None:
    for number in (f"{NEW[:-1]}{last}" for last in range(3)):
        issue(bob, text_to(number), purpose=ENROLL)
    assert refused(bob, text_to(NEW), purpose=ENROLL)


def test_number_counts_once_for_its_person(bob: User) -> None:
    for session in range(4):
        issue(bob, text_to(NEW), purpose=ENROLL, nonce=str(session))
    assert len(codes(NEW)) == 4


def test_number_tried_by_another_person_still_counts_as_new(bob: User, charlie: User) -> None:
    issue(charlie, text_to(NEW), purpose=CHANGE)
    for number in (f"{NEW[:-1]}{last}" for last in range(3)):
        issue(bob, text_to(number), purpose=ENROLL)
    assert refused(bob, text_to(NEW), purpose=ENROLL)


def test_number_counts_again_next_day(bob: User, clock: time_machine.Traveller) -> None:
    issue(bob, text_to(NEW), purpose=ENROLL)
    clock.shift(DAY)
    issue(bob, text_to(NEW), purpose=ENROLL)
    today = limits.NUMBERS_PER_PERSON.of(str(bob.pk))
    assert Counter.objects.get(key=today.key, bucket=today.bucket(NOON + DAY)).count == 1


@pytest.mark.parametrize(
    ("one", "last"),
    [("198.51.100.1", "198.51.100.1"), ("2001:db8::1", "2001:db8::ffff")],
    ids=["IPv4", "IPv6 /64"],
)
def test_address_enrolls_25_numbers_in_five_minutes(
    policy: SitePolicy, one: str, last: str
) -> None:
    *people, late = strangers(26)
    for n, person in enumerate(people):
        issue(person, text_to(f"+4477{n:02}123555"), purpose=ENROLL, client=Client(one, ""))
    assert refused(late, text_to(NEW), purpose=ENROLL, client=Client(last, ""))
    issue(late, text_to(NEW), purpose=ENROLL, client=Client("203.0.113.9", ""))


def test_thousand_neighboring_numbers_get_fifty_texts_a_day(policy: SitePolicy) -> None:
    """Even if all of them are confirmed."""
    *people, late = strangers(51)
    for n, person in enumerate(people):
        client = Client(f"203.0.113.{n}", "")
        challenge = issue(person, text_to(f"+447700900{n:03}"), purpose=ENROLL, client=client)
        unconfirmed.settle(challenge)
    assert refused(late, text_to("+447700900999"), purpose=ENROLL)
    assert not SendBlock.objects.exists()
    issue(late, text_to("+447700901000"), purpose=ENROLL)


def test_administrator_can_send_ten_tests_an_hour(root: User) -> None:
    for n in range(10):
        issue(root, text_to(f"+4477009{n}0555"), purpose=TEST, nonce=str(n))
    assert refused(root, text_to(NEW), purpose=TEST)


def test_enrollment_limit_does_not_affect_first_login(bob: User) -> None:
    for session in range(5):
        issue(bob, text_to(NEW), purpose=ENROLL, nonce=str(session))
    assert refused(bob, text_to(NEW), purpose=ENROLL)
    issue(bob, text_to(NEW), purpose=LOGIN)
    assert len(set(codes(NEW))) == 6


def test_people_can_share_a_number(alice: User, charlie: User) -> None:
    issue(alice, text_to(NEW), purpose=CHANGE)
    issue(charlie, text_to(NEW), purpose=CHANGE)
    assert len(set(codes(NEW))) == 2


# Repeating


def test_repeat_carries_same_code(alice: User, clock: time_machine.Traveller) -> None:
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


def test_early_repeat_is_refused_with_time(alice: User) -> None:
    challenge = issue(alice, text_to(PHONE))
    with pytest.raises(TooMany) as caught:
        resend(challenge)
    assert caught.value.until == NOON + timedelta(seconds=30)


def test_second_click_shows_time_of_next_code(alice: User, clock: time_machine.Traveller) -> None:
    stale = issue(alice, text_to(PHONE))
    clock.shift(timedelta(seconds=30))
    resend(stale)
    with pytest.raises(TooMany) as caught:
        challenges.resend(stale, alice, nonce="session", client=HERE)
    assert caught.value.until == NOON + timedelta(seconds=90)
    assert len(codes(PHONE)) == 2


def test_repeats_are_numbered(alice: User, clock: time_machine.Traveller) -> None:
    challenge = issue(alice, text_to(PHONE))
    clock.shift(timedelta(seconds=30))
    resend(challenge)
    assert list(Delivery.objects.order_by("pk").values_list("attempt", flat=True)) == [1, 2]
    assert AuditEvent.objects.latest("pk").details["attempt"] == 2


def test_repeat_does_not_reset_attempts(alice: User, clock: time_machine.Traveller) -> None:
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


def test_refused_repeat_is_recorded(alice: User, clock: time_machine.Traveller) -> None:
    for session in range(4):
        issue(alice, text_to(PHONE), nonce=str(session))
    challenge = issue(alice, text_to(PHONE))
    clock.shift(timedelta(seconds=30))
    with pytest.raises(TooMany):
        resend(challenge)
    assert AuditEvent.objects.latest("pk").event == Event.CODE_REFUSED


def test_code_in_its_last_two_minutes_is_not_repeated(
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
def test_repeat_of_closed_challenge_sends_new_code(
    alice: User, clock: time_machine.Traveller, closing: dict[str, object]
) -> None:
    first = issue(alice, text_to(PHONE))
    Challenge.objects.update(**closing)
    clock.shift(timedelta(seconds=30))
    assert resend(first).is_open(NOON)


def test_repeat_of_expired_challenge_sends_new_code(
    alice: User, clock: time_machine.Traveller
) -> None:
    first = issue(alice, text_to(PHONE))
    clock.shift(timedelta(minutes=11))
    assert resend(first).expires_at == NOON + timedelta(minutes=21)
