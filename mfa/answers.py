"""Answers: spend a try first, look second, and count what was wrong."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from mfa import audit, counters, deliveries, limits, notices, prefixes, waits
from mfa.counters import TooMany
from mfa.limits import DAY, HOUR
from mfa.models import TRIES, Challenge, Event, Factor, Protected
from mfa.models.people import FORGOTTEN_AFTER
from mfa.origin import Origin
from mfa.rules.codes import browser_of

# NIST SP 800-63B-4, 3.2.2: a hundred wrong answers in a row end a factor.
MOST_WRONG_ANSWERS = 100
# Lockouts forget failures a day after the longest wait.
FAILURES_LAST = DAY + HOUR
# The owner is warned by mail at each of these: one warning may be overlooked.
WARN_AT = {TRIES, 25, 50, 75}
COUNTS = (
    "wrong_answers",
    "wrong_answer_at",
    "answers_confirmed_at",
    "wait_until",
    "mailbox_rests_until",
)
# Its page clears the counts toward a hundred (accounts.links).
WARNING_LINK = "warning"


class Answer(StrEnum):
    """What an answer was; WRONG with no tries left closes the challenge."""

    RIGHT = "right"
    WRONG = "wrong"
    REPLACED = "replaced"
    EXPIRED = "expired"
    SPENT = "spent"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Judgement:
    """An answer, and how many tries its challenge has left."""

    answer: Answer
    tries_left: int = 0

    @property
    def leads_on(self) -> bool:
        """Whether the page is done: a right answer, or one that cost a wait. Others ask again."""
        match self.answer:
            case Answer.RIGHT | Answer.LOCKED:
                return True
            case Answer.WRONG | Answer.REPLACED | Answer.EXPIRED | Answer.SPENT:
                return False
            case _:
                assert_never(self.answer)


def judge(
    challenge: Challenge, user: Protected, typed: str, *, nonce: str, origin: Origin, own: int = 0
) -> Judgement:
    """Judge six typed digits.

    One statement spends a try and, if they are right, passes the challenge; only its row count
    speaks, so of parallel answers just as many are judged as there are tries. `own` are the
    session's wrong answers so far. Raises TooMany while the person has to wait.
    """
    code = challenge.code_for(browser_of(nonce))
    if code is None:
        return Judgement(Answer.EXPIRED)
    right = constant_time_compare(code, typed)
    with transaction.atomic():
        hold(user, origin)
        now = timezone.now()
        spent = (
            Challenge.objects.open(now)
            .filter(pk=challenge.pk, user_id=user.pk)
            .update(tries_left=F("tries_left") - 1, passed_at=now if right else None)
        )
        if not spent:
            challenge.refresh_from_db()
            if counters.is_first(limits.LATE_RECORDS.of(str(user.pk))):
                audit.record(Event.CODE_LATE, user, origin=origin, purpose=challenge.purpose)
            return Judgement(_why_closed(challenge), challenge.tries_left)
        if right:
            prefixes.settle(challenge)
            details = {"purpose": challenge.purpose, "channel": challenge.channel}
            forgive(user, _factor_of(challenge), origin=origin, own=own, **details)
            deliveries.confirm(challenge)
            return Judgement(Answer.RIGHT)
        challenge.refresh_from_db(fields=["tries_left"])
        left = blame(user, _factor_of(challenge), origin=origin)
        # The fifth wrong answer closes the code, which the page says before anything else (M22).
        if not left and challenge.tries_left:
            return Judgement(Answer.LOCKED)
    replaced = _is_replaced(challenge, typed, nonce)
    return Judgement(Answer.REPLACED if replaced else Answer.WRONG, challenge.tries_left)


def waits_until(user: Protected, origin: Origin) -> datetime | None:
    """Return until when no answer is taken from there; None while one is.

    A known browser waits for its own wrong answers alone, so that nobody who has stolen the
    password keeps the owner out; all others share one wait (LG-01, LG-02).
    """
    now = timezone.now()
    until = user.wait_until
    if origin.known:
        until = waits.end_of(waits.WRONG_CODES, _subject(user, origin)) if _erred(user) else None
    return until if until and until > now else None


def hold(user: Protected, origin: Origin) -> None:
    """Lock the person's row, and read the counts anew. Raises TooMany while a wait runs.

    A person's answers are judged one after the other, whatever session they come from: the tenth
    wrong one must stop the eleventh. The epoch stays the one that the request began with, which
    tells whether another was first.
    """
    rows = get_user_model().objects.select_for_update(no_key=True)
    user.refresh_from_db(fields=COUNTS, from_queryset=rows)
    if until := waits_until(user, origin):
        raise TooMany(until)


def forgive(
    person: Protected, used: QuerySet[Factor], *, origin: Origin, own: int = 0, **details: str
) -> None:
    """A right answer clears the count of the device that gave it, and no other one (LG-01).

    That is a recognized device's count, or the `own` wrong answers of a stranger's session: the
    owner's login gives no attempts back to a thief.
    """
    if _erred(person):
        if origin.known:
            waits.forget(waits.WRONG_CODES, _subject(person, origin))
        else:
            waits.give_back(waits.WRONG_CODES, _subject(person, origin), own)
    if person.mailbox_rests_until and used.exists():
        # A factor is stronger than the mailbox that reset the password (EM-04).
        person.mailbox_rests_until = None
        person.save(update_fields=["mailbox_rests_until"])
    # An answer proves that its text arrived, whatever earlier ones met.
    used.update(
        last_used_at=timezone.now(),
        refuses_until=None,
        doubtful_since=None,
        assigned=False,
    )
    audit.record(Event.CODE_RIGHT, person, origin=origin, **details)


def blame(person: Protected, tried: QuerySet[Factor], *, origin: Origin) -> int:
    """Count a wrong answer for the person and the factor.

    Returns how many more there may be from there until one costs a wait; 0 if this one did.
    """
    audit.record(Event.CODE_WRONG, person, origin=origin)
    backoff = waits.WRONG_CODES if origin.known else waits.WRONG_CODES_OF_STRANGERS
    failures = waits.fail(backoff, _subject(person, origin))
    now = timezone.now()
    if cost := backoff.after(failures):
        if not origin.known:
            person.wait_until = now + cost
        minutes = round(cost.total_seconds() / 60)
        audit.record(Event.LOCKED, person, origin=origin, minutes=minutes)
    person.wrong_answers = person.wrong_answers_at(now) + 1
    person.wrong_answer_at = now
    person.save(update_fields=["wrong_answers", "wrong_answer_at", "wait_until"])
    _wear(tried, now)
    if person.wrong_answers in WARN_AT:
        # The person who types codes has given the password (LG-09).
        notices.tell(
            Event.CODES_GUESSED,
            person,
            origin=origin,
            link=WARNING_LINK,
            codes=person.wrong_answers,
        )
    for worn in tried.filter(wrong_answers__gte=MOST_WRONG_ANSWERS, disabled_at=None):
        _disable(worn, person, origin)
    return backoff.left(failures)


def acknowledge(person: Protected, *, origin: Origin) -> None:
    """Clear the counts toward a hundred: the owner knows of the wrong answers (LG-01).

    Lockouts go on, and what is disabled stays so. Call it with the person's row held.
    """
    person.wrong_answers = 0
    person.answers_confirmed_at = timezone.now()
    person.save(update_fields=["wrong_answers", "answers_confirmed_at"])
    Factor.objects.usable().filter(user_id=person.pk).update(wrong_answers=0)
    audit.record(Event.WARNING_CONFIRMED, person, origin=origin)


def _subject(person: Protected, origin: Origin) -> str:
    return origin.failures_of(waits.of_person(person.pk))


def _erred(person: Protected) -> bool:
    """Whether there may be failures to look up; spares most logins the look-up."""
    last = person.wrong_answer_at
    return last is not None and last > timezone.now() - FAILURES_LAST


def _wear(tried: QuerySet[Factor], now: datetime) -> None:
    """Count a wrong answer toward a factor's hundred, afresh after a day without one."""
    tried.filter(wrong_answer_at__lt=now - FORGOTTEN_AFTER).update(wrong_answers=0)
    tried.update(wrong_answers=F("wrong_answers") + 1, wrong_answer_at=now)


def _disable(worn: Factor, person: Protected, origin: Origin) -> None:
    Factor.objects.filter(pk=worn.pk).update(disabled_at=timezone.now())
    notices.tell(
        Event.FACTOR_DISABLED,
        person,
        origin=origin,
        old_number=worn.target or None,
        factor=worn.pk,
    )


def _why_closed(challenge: Challenge) -> Answer:
    if challenge.passed_at:
        return Answer.SPENT
    if challenge.voided_at:
        return Answer.REPLACED
    return Answer.WRONG if challenge.tries_left == 0 else Answer.EXPIRED


def _factor_of(challenge: Challenge) -> QuerySet[Factor]:
    factors = Factor.objects.all()
    return factors.filter(pk=challenge.factor_id) if challenge.factor_id else factors.none()


def _is_replaced(challenge: Challenge, typed: str, nonce: str) -> bool:
    """Whether the wrong code is that of an earlier question of the same session (M21)."""
    browser = browser_of(nonce)
    earlier = Challenge.objects.filter(
        browser=browser, user_id=challenge.user_id, purpose=challenge.purpose
    ).exclude(voided_at=None)
    newest = earlier.order_by("-voided_at")[:TRIES]
    codes = [code for old in newest if (code := old.code_for(browser))]
    return any(constant_time_compare(code, typed) for code in codes)
