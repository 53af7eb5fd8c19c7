"""Verification: an attempt is used before comparing, and wrong codes are counted."""

from datetime import timedelta
from itertools import count

import pytest
import time_machine
from django.test import TestCase

from accounts.models import User
from mfa import challenges
from mfa.challenges import Outcome, Result, Target
from mfa.client import Client
from mfa.limits.counters import TooMany
from mfa.models import AuditEvent, Challenge, Event, Factor, OutboxMessage
from mfa.rules.codes import browser_of
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
from tests.conftest import NOON
from tests.portal_client import Browser, code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HERE = Client("198.51.100.1", "Firefox")
PHONE = "+447700900201"
AFTER_A_DAY = timedelta(hours=24, seconds=1)
SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL


def ask(
    user: User,
    channel: ChannelName = SMS,
    *,
    purpose: Purpose = Purpose.LOGIN,
    nonce: str = "session",
) -> Challenge:
    factor = user.factors.get() if channel is SMS else None
    target = Target(channel=channel, address=factor.target if factor else user.email, factor=factor)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return challenges.issue(user, target, purpose=purpose, nonce=nonce, client=HERE)


def judge(
    challenge: Challenge,
    typed: str,
    *,
    nonce: str = "session",
    user: User | None = None,
    own: int = 0,
) -> Result:
    # Each request loads its rows again.
    fresh = Challenge.objects.get(pk=challenge.pk)
    person = User.objects.get(pk=(user or fresh.user).pk)
    return challenges.judge(fresh, person, typed, nonce=nonce, client=HERE, own=own)


def right(challenge: Challenge, nonce: str = "session") -> str:
    return challenge.code_for(browser_of(nonce))


def wrong(challenge: Challenge) -> str:
    return f"{(int(right(challenge)) + 1) % 1_000_000:06}"


def answered_wrong(user: User, times: int) -> None:
    """Give wrong answers to other challenges, from unrecognized devices."""
    for _ in range(times):
        challenges.blame(user, Factor.objects.none(), client=HERE)


def lapse() -> None:
    """Let the lockout end."""
    User.objects.update(wait_until=NOON)


def fail(times: int, challenge: Challenge) -> Result:
    return [judge(challenge, wrong(challenge)) for _ in range(times)][-1]


@pytest.fixture
def question(alice: User) -> Challenge:
    """The challenge sent to Alice's phone."""
    return ask(alice)


# Right, once, in time


def test_texted_code_is_right(question: Challenge) -> None:
    assert judge(question, code(PHONE)) == Result(Outcome.RIGHT)
    question.refresh_from_db()
    assert question.passed_at == NOON


def test_right_answer_is_recorded(question: Challenge, alice: User) -> None:
    judge(question, right(question))
    event = AuditEvent.objects.latest("pk")
    assert (event.event, event.user, event.browser) == (Event.CODE_RIGHT, alice, "Firefox")
    assert event.details == {"purpose": "login", "channel": "sms"}


def test_right_code_is_accepted_once(question: Challenge) -> None:
    judge(question, right(question))
    assert judge(question, right(question)).outcome is Outcome.SPENT
    assert AuditEvent.objects.latest("pk").event == Event.CODE_LATE


def test_leading_zeros_are_part_of_code(question: Challenge) -> None:
    nonce = next(str(n) for n in count() if right(question, str(n)).startswith("00"))
    zeros = right(question, nonce)
    assert judge(question, zeros.lstrip("0"), nonce=nonce).outcome is Outcome.WRONG
    assert judge(question, zeros, nonce=nonce).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("age", "answer"),
    [
        (timedelta(minutes=9, seconds=59), Outcome.RIGHT),
        (timedelta(minutes=10), Outcome.EXPIRED),
        (timedelta(minutes=10, seconds=1), Outcome.EXPIRED),
    ],
)
def test_code_expires_after_ten_minutes(
    question: Challenge, clock: time_machine.Traveller, age: timedelta, answer: Outcome
) -> None:
    clock.shift(age)
    assert judge(question, right(question)).outcome is answer


def test_late_answer_uses_no_attempt_and_is_not_counted(
    question: Challenge, alice: User, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=11))
    judge(question, wrong(question))
    question.refresh_from_db()
    alice.refresh_from_db()
    assert (question.tries_left, alice.wrong_answers) == (5, 0)


# Bound to session, person, purpose, channel and target


def test_another_session_cannot_use_the_code(question: Challenge) -> None:
    assert judge(question, right(question), nonce="other").outcome is Outcome.WRONG


def test_another_person_cannot_use_the_code(question: Challenge, charlie: User) -> None:
    assert judge(question, right(question), user=charlie).outcome is Outcome.EXPIRED
    question.refresh_from_db()
    assert (question.passed_at, question.tries_left) == (None, 5)


def test_code_of_one_purpose_is_wrong_for_another(alice: User) -> None:
    login, change = ask(alice), ask(alice, purpose=Purpose.CHANGE)
    assert judge(change, right(login)).outcome is Outcome.WRONG


def test_texted_code_is_wrong_for_emailed_question(alice: User) -> None:
    text = ask(alice)
    assert judge(ask(alice, EMAIL), right(text)).outcome is Outcome.REPLACED


@pytest.mark.parametrize("column", ["user", "purpose", "channel", "target"])
def test_manipulated_row_accepts_no_code(question: Challenge, charlie: User, column: str) -> None:
    sent = right(question)
    values = {
        "user": charlie,
        "purpose": Purpose.CHANGE,
        "channel": EMAIL,
        "target": "+447700900203",
    }
    Challenge.objects.update(**{column: values[column]})
    assert judge(Challenge.objects.get(), sent).outcome is Outcome.WRONG


def test_code_sent_for_manipulated_browser_is_wrong(
    question: Challenge,
) -> None:
    sent = question.code_for(browser_of("another"))
    Challenge.objects.update(browser=browser_of("another"))
    assert judge(question, sent).outcome is Outcome.WRONG


# Wrong


def test_wrong_answer_returns_attempts_left(question: Challenge) -> None:
    assert judge(question, wrong(question)) == Result(Outcome.WRONG, 4)
    assert judge(question, wrong(question)) == Result(Outcome.WRONG, 3)


def test_five_wrong_answers_close_challenge(question: Challenge) -> None:
    assert fail(5, question) == Result(Outcome.WRONG, 0)
    lapse()
    assert judge(question, right(question)) == Result(Outcome.WRONG, 0)


def test_fifth_answer_can_be_right(question: Challenge) -> None:
    fail(4, question)
    assert judge(question, right(question)).outcome is Outcome.RIGHT


def test_closed_challenge_counts_no_more_wrong_answers(question: Challenge, alice: User) -> None:
    fail(5, question)
    lapse()
    fail(3, question)
    alice.refresh_from_db()
    assert alice.wrong_answers == 5


def test_wrong_answer_is_recorded_without_what_was_typed(question: Challenge) -> None:
    judge(question, wrong(question))
    event = AuditEvent.objects.latest("pk")
    assert (event.event, event.details) == (Event.CODE_WRONG, {})


def test_wrong_answer_counts_for_person_and_phone(question: Challenge, alice: User) -> None:
    judge(question, wrong(question))
    alice.refresh_from_db()
    assert (alice.wrong_answers, alice.factors.get().wrong_answers) == (1, 1)


def test_wrong_emailed_code_does_not_count_for_phone(alice: User) -> None:
    mail = ask(alice, EMAIL)
    judge(mail, wrong(mail))
    alice.refresh_from_db()
    assert (alice.wrong_answers, alice.factors.get().wrong_answers) == (1, 0)


# Replaced


def test_replaced_code_is_reported_and_uses_attempt(alice: User) -> None:
    text = ask(alice)
    mail = ask(alice, EMAIL)
    assert judge(mail, right(text)) == Result(Outcome.REPLACED, 4)
    alice.refresh_from_db()
    assert alice.wrong_answers == 1


def test_replaced_question_takes_no_answer(alice: User) -> None:
    text = ask(alice)
    ask(alice, EMAIL)
    assert judge(text, right(text)).outcome is Outcome.REPLACED
    text.refresh_from_db()
    assert text.passed_at is None


def test_latest_of_many_replaced_codes_is_known(alice: User, clock: time_machine.Traveller) -> None:
    for channel in (SMS, EMAIL, SMS, EMAIL, SMS, EMAIL):
        ask(alice, channel)
        clock.shift(timedelta(seconds=1))
    *_, last_but_one, latest = Challenge.objects.order_by("created_at")
    assert judge(latest, right(last_but_one)).outcome is Outcome.REPLACED


def test_code_replaced_in_other_session_counts_as_wrong(alice: User) -> None:
    other = ask(alice, nonce="other")
    ask(alice, EMAIL, nonce="other")
    assert judge(ask(alice), right(other, "other")).outcome is Outcome.WRONG


def test_code_replaced_for_other_purpose_counts_as_wrong(alice: User) -> None:
    step_up = ask(alice, purpose=Purpose.STEP_UP)
    ask(alice, EMAIL, purpose=Purpose.STEP_UP)
    assert judge(ask(alice), right(step_up)).outcome is Outcome.WRONG


def test_used_code_is_not_reported_as_replaced(alice: User) -> None:
    first = ask(alice)
    judge(first, right(first))
    assert judge(ask(alice, EMAIL), right(first)).outcome is Outcome.WRONG


# Keys


def test_codes_survive_rotation_of_secret_key(settings, question: Challenge) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    assert judge(question, code(PHONE)).outcome is Outcome.RIGHT


def test_repeat_after_change_of_secret_key_carries_same_code(
    settings, question: Challenge, alice: User, clock: time_machine.Traveller
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    clock.shift(timedelta(seconds=30))
    first = code(PHONE)
    with TestCase.captureOnCommitCallbacks(execute=True):
        challenges.resend(question, alice, nonce="session", client=HERE)
    assert OutboxMessage.objects.count() == 2
    assert code(PHONE) == first


def test_code_under_unknown_key_has_expired(settings, question: Challenge) -> None:
    settings.SECRET_KEY = "the next one"
    assert judge(question, code(PHONE)) == Result(Outcome.EXPIRED)
    question.refresh_from_db()
    assert question.tries_left == 5


def test_replaced_code_under_unknown_key_counts_as_wrong(alice: User) -> None:
    text = ask(alice)
    mail = ask(alice, EMAIL)
    Challenge.objects.filter(pk=text.pk).update(key="00000000")
    assert judge(mail, right(text)).outcome is Outcome.WRONG


# Five wrong codes from unrecognized devices cause a lockout


@pytest.fixture
def four_wrong(alice: User) -> User:
    """One more causes a lockout."""
    answered_wrong(alice, 4)
    return alice


def test_fifth_wrong_answer_from_unrecognized_devices_locks_15_minutes(
    four_wrong: User, question: Challenge
) -> None:
    assert judge(question, wrong(question)).outcome is Outcome.LOCKED
    four_wrong.refresh_from_db()
    assert four_wrong.wait_until == NOON + timedelta(minutes=15)


def test_wait_is_recorded(four_wrong: User, question: Challenge) -> None:
    judge(question, wrong(question))
    event = AuditEvent.objects.get(event=Event.LOCKED)
    assert (event.user, event.details) == (four_wrong, {"minutes": 15})


def test_right_answer_during_lockout_is_refused_and_uses_no_attempt(
    four_wrong: User, question: Challenge
) -> None:
    judge(question, wrong(question))
    with pytest.raises(TooMany) as caught:
        judge(question, right(question))
    assert caught.value.until == NOON + timedelta(minutes=15)
    question.refresh_from_db()
    assert (question.tries_left, question.passed_at) == (4, None)


def test_right_answer_passes_after_lockout(four_wrong: User, clock: time_machine.Traveller) -> None:
    question = ask(four_wrong)
    judge(question, wrong(question))
    clock.shift(timedelta(minutes=15))
    question = ask(four_wrong)
    assert judge(question, right(question)).outcome is Outcome.RIGHT


@pytest.mark.parametrize(("before", "minutes"), [(5, 30), (6, 60), (7, 60), (90, 60)])
def test_each_further_wrong_answer_doubles_the_wait_up_to_an_hour(
    alice: User, question: Challenge, before: int, minutes: int
) -> None:
    answered_wrong(alice, before)
    lapse()
    assert judge(question, wrong(question)).outcome is Outcome.LOCKED
    alice.refresh_from_db()
    assert alice.wait_until == NOON + timedelta(minutes=minutes)


def test_new_session_channel_or_repeat_does_not_reset_count(
    alice: User, clock: time_machine.Traveller
) -> None:
    text = ask(alice)
    fail(2, text)
    clock.shift(timedelta(seconds=30))
    challenges.resend(Challenge.objects.get(), alice, nonce="session", client=HERE)
    fail(1, text)
    assert fail(1, ask(alice, EMAIL)).outcome is Outcome.WRONG
    other = ask(alice, nonce="other")
    assert judge(other, "000000", nonce="other").outcome is Outcome.LOCKED


def test_right_answer_gives_unrecognized_devices_no_attempts(
    four_wrong: User, question: Challenge
) -> None:
    """S22: the owner logs in from a new device while an attacker guesses."""
    judge(question, right(question))
    other = ask(four_wrong, nonce="other")
    assert judge(other, wrong(other), nonce="other").outcome is Outcome.LOCKED


def test_right_answer_takes_back_the_wrong_ones_of_its_own_session(
    four_wrong: User, question: Challenge
) -> None:
    judge(question, right(question), own=3)
    other = ask(four_wrong, nonce="other")
    given = [judge(other, "000000", nonce="other").outcome for _ in range(4)]
    assert given == [Outcome.WRONG, Outcome.WRONG, Outcome.WRONG, Outcome.LOCKED]


def test_right_answer_does_not_lower_the_count_toward_a_hundred(
    question: Challenge, alice: User
) -> None:
    """S22."""
    fail(3, question)
    judge(question, right(question), own=3)
    alice.refresh_from_db()
    assert (alice.wrong_answers, alice.factors.get().wrong_answers) == (3, 3)


@pytest.mark.parametrize(("quiet", "counted"), [(timedelta(hours=24), 4), (AFTER_A_DAY, 1)])
def test_counts_restart_after_a_day_without_wrong_answer(
    alice: User, clock: time_machine.Traveller, quiet: timedelta, counted: int
) -> None:
    fail(3, ask(alice))
    clock.shift(quiet)
    fail(1, ask(alice))
    alice.refresh_from_db()
    assert (alice.wrong_answers, alice.factors.get().wrong_answers) == (counted, counted)


@pytest.mark.parametrize(("before", "mails"), [(3, 0), (4, 1), (5, 0), (24, 1), (49, 1), (74, 1)])
def test_owner_is_warned_repeatedly(
    alice: User, question: Challenge, before: int, mails: int
) -> None:
    User.objects.filter(pk=alice.pk).update(wrong_answers=before)
    OutboxMessage.objects.all().delete()
    with TestCase.captureOnCommitCallbacks(execute=True):
        fail(1, question)
    subject = f"Acme Portal: {before + 1} wrong codes"
    assert OutboxMessage.objects.filter(subject=subject).count() == mails


def test_right_password_does_not_clear_count(browser: Browser, four_wrong: User) -> None:
    browser.password(four_wrong)
    four_wrong.refresh_from_db()
    assert four_wrong.wrong_answers == 4


def test_lockout_does_not_affect_others(
    four_wrong: User, question: Challenge, charlie: User
) -> None:
    judge(question, wrong(question))
    other = ask(charlie)
    assert judge(other, right(other)).outcome is Outcome.RIGHT


# A hundred in a row disable a phone


@pytest.fixture
def worn(alice: User) -> Factor:
    """A phone that one more wrong answer disables."""
    Factor.objects.filter(user=alice).update(wrong_answers=99)
    return alice.factors.get()


def test_hundredth_wrong_answer_in_a_row_disables_phone(worn: Factor, question: Challenge) -> None:
    judge(question, wrong(question))
    worn.refresh_from_db()
    assert (worn.status, worn.status_at) == ("disabled", NOON)
    assert not Factor.objects.usable().exists()


def test_disabling_phone_is_recorded_once(worn: Factor, question: Challenge) -> None:
    fail(2, question)
    assert AuditEvent.objects.filter(event=Event.FACTOR_DISABLED).count() == 1


def test_ninety_ninth_wrong_answer_does_not_disable_phone(
    worn: Factor, question: Challenge
) -> None:
    Factor.objects.update(wrong_answers=98)
    judge(question, wrong(question))
    worn.refresh_from_db()
    assert worn.status == "active"


def test_right_answer_does_not_clear_phones_count(worn: Factor, question: Challenge) -> None:
    """S22: otherwise an attacker's hundred would never be reached while the owner logs in."""
    judge(question, right(question))
    worn.refresh_from_db()
    assert (worn.wrong_answers, worn.last_used_at) == (99, NOON)


def test_right_emailed_code_does_not_clear_phones_count(worn: Factor, alice: User) -> None:
    mail = ask(alice, EMAIL)
    judge(mail, right(mail))
    worn.refresh_from_db()
    assert (worn.wrong_answers, worn.last_used_at) == (99, None)


def test_phone_of_another_person_is_unchanged(
    worn: Factor, question: Challenge, charlie: User
) -> None:
    judge(question, wrong(question))
    assert charlie.factors.get().wrong_answers == 0
    assert charlie.factors.usable().exists()


# Through the pages


def test_five_wrong_codes_close_challenge_of_page(browser: Browser, alice: User) -> None:
    browser.password(alice)
    texted = code(PHONE)
    for _ in range(5):
        page = browser.post("/login/verify/", {"code": "000000"}).content.decode()
    assert "That was the fifth wrong code. Ask for a new one." in page
    browser.post("/login/verify/", {"code": texted})
    assert not browser.signed_in
    assert browser.post("/login/verify/resend/").url == "/login/help/"


def test_fifth_wrong_code_in_two_sessions_leads_to_wait(browser: Browser, four_wrong: User) -> None:
    browser.password(four_wrong)
    assert browser.post("/login/verify/", {"code": "000000"}).url == "/login/help/"
    OutboxMessage.objects.all().delete()
    assert browser.password(four_wrong).url == "/login/help/"
    assert not OutboxMessage.objects.exists()


def test_disabled_phone_leads_to_recovery_and_never_to_enrollment(
    browser: Browser, other_browser: Browser, worn: Factor, alice: User
) -> None:
    browser.password(alice)
    browser.post("/login/verify/", {"code": "000000"})
    assert other_browser.password(alice).url == "/login/mailbox/"
    assert other_browser.get("/login/enroll/phone/").url == "/login/mailbox/"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "12345",
        "1234567",
        "12345a",
        "123\x00456",
        "\u2460" * 6,
        "+23456",
        "1.3456",
        "1" * 10_240,
        "\ud7ff" * 6,
        ["000000", "12345"],
    ],
    ids=[
        "nothing",
        "a blank",
        "five",
        "seven",
        "a letter",
        "NUL",
        "circled digits",
        "a sign",
        "a point",
        "10 kB",
        "Korean",
        "two fields",
    ],
)
def test_malformed_code_uses_no_attempt(browser: Browser, alice: User, typed: object) -> None:
    browser.password(alice)
    response = browser.post("/login/verify/", {"code": typed})
    assert response.status_code == 200
    assert Challenge.objects.get().tries_left == 5


@pytest.mark.parametrize("spelling", ["{0} {1}", "{0}-{1}", " {0}{1} ", "{0}\u00a0{1}\n"])
def test_spaces_and_dashes_are_ignored(browser: Browser, alice: User, spelling: str) -> None:
    browser.password(alice)
    texted = code(PHONE)
    browser.post("/login/verify/", {"code": spelling.format(texted[:3], texted[3:])})
    assert browser.signed_in


def test_answers_to_closed_challenge_do_not_fill_the_audit(question: Challenge) -> None:
    """Twenty an hour are recorded. The answer stays the same."""
    judge(question, right(question))
    answers_given = {judge(question, right(question)).outcome for _ in range(30)}
    assert answers_given == {Outcome.SPENT}
    assert AuditEvent.objects.filter(event=Event.CODE_LATE).count() == 20


def test_person_deleted_meanwhile_cannot_answer(alice: User) -> None:
    User.objects.filter(pk=alice.pk).delete()
    with pytest.raises(User.DoesNotExist):
        challenges.hold(alice, HERE)
