"""Verification of codes: use up an attempt, then compare, then count wrong codes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, UUIDField
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from mfa import audit, prepared
from mfa.client import Client
from mfa.limits import counters, lockouts, table as limits, unconfirmed
from mfa.limits.base import DAY, HOUR
from mfa.limits.counters import TooMany
from mfa.messages import notices, queue as deliveries
from mfa.models import TRIES, AbstractMfaUser, Challenge, Event, Factor, Status
from mfa.models.factors import FactorQuerySet, note_right_answer
from mfa.models.people import FORGOTTEN_AFTER
from mfa.rules.codes import browser_of
from mfa.rules.methods import is_strong

# NIST SP 800-63B-4, 3.2.2: disable a factor after 100 wrong codes in a row.
MOST_WRONG_ANSWERS = 100
# Lockouts forget failures a day after the longest wait.
FAILURES_LAST = DAY + HOUR
# Email the owner at each of these counts, because one warning can be overlooked.
WARN_AT = {TRIES, 25, 50, 75}
COUNTS = (
    "wrong_answers",
    "wrong_answer_at",
    "answers_confirmed_at",
    "wait_until",
    "mailbox_rests_until",
)
# Uses up an attempt. A right code also passes the challenge.
_SPEND = prepared.Update(
    lambda: Challenge.objects.open(prepared.moment("now")).filter(
        pk=prepared.Slot("key", UUIDField()), user_id=prepared.number("person")
    ),
    tries_left=F("tries_left") - 1,
    passed_at=prepared.moment("passed_at"),
)
_HELD = prepared.Query(
    lambda: (
        get_user_model()
        .objects.select_for_update(no_key=True)
        .filter(pk=prepared.number("person"))
        .only(*COUNTS)
    )
)
# The page behind this link clears the counts toward 100 (accounts.people.links).
WARNING_LINK = "warning"


class Outcome(StrEnum):
    """What happened to a typed code. WRONG without attempts left closes the challenge."""

    RIGHT = "right"
    WRONG = "wrong"
    REPLACED = "replaced"
    EXPIRED = "expired"
    SPENT = "spent"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of verifying a code, and the attempts left for its challenge.

    `drifted` is the time step of a wrong code that an app with a wrong clock shows, or 0. `drift`
    is by how many steps that clock is fast, or slow if negative, and 0 while pages do not say so.
    """

    outcome: Outcome
    attempts_left: int = 0
    drifted: int = 0
    drift: int = 0

    @property
    def leads_on(self) -> bool:
        """Whether the page is done: the code was right or started a lockout. Else it asks again."""
        match self.outcome:
            case Outcome.RIGHT | Outcome.LOCKED:
                return True
            case Outcome.WRONG | Outcome.REPLACED | Outcome.EXPIRED | Outcome.SPENT:
                return False
            case _:
                assert_never(self.outcome)


def judge(
    challenge: Challenge,
    user: AbstractMfaUser,
    typed: str,
    *,
    nonce: str,
    client: Client,
    own: int = 0,
) -> Result:
    """Verify six typed digits.

    One statement uses up an attempt and passes the challenge if the digits are right. Only its row
    count decides, so parallel answers cannot exceed the attempts. `own` counts the session's wrong
    answers so far. Raises TooMany during a lockout.
    """
    code = challenge.code_for(browser_of(nonce))
    if code is None:
        return Result(Outcome.EXPIRED)
    right = constant_time_compare(code, typed)
    with transaction.atomic():
        hold(user, client)
        now = timezone.now()
        passed_at = now if right else None
        spent = _SPEND(now=now, key=challenge.pk, person=user.pk, passed_at=passed_at)
        if not spent:
            challenge.refresh_from_db()
            if counters.is_first(limits.LATE_RECORDS.of(str(user.pk))):
                audit.record(Event.CODE_LATE, user, client=client, purpose=challenge.purpose)
            return Result(why_closed(challenge), challenge.tries_left)
        if right:
            unconfirmed.settle(challenge)
            forgive(
                user,
                challenge.factor_id,
                client=client,
                own=own,
                purpose=challenge.purpose,
                channel=challenge.channel,
            )
            deliveries.confirm(challenge)
            return Result(Outcome.RIGHT)
        challenge.refresh_from_db(fields=["tries_left"])
        left = blame(user, _factor_of(challenge), client=client)
        # The fifth wrong code closes the challenge, and the page says so first (M22).
        if not left and challenge.tries_left:
            return Result(Outcome.LOCKED)
    replaced = is_replaced(challenge, typed, nonce)
    return Result(Outcome.REPLACED if replaced else Outcome.WRONG, challenge.tries_left)


def waits_until(user: AbstractMfaUser, client: Client, now: datetime) -> datetime | None:
    """Return when this client's lockout ends, or None if it can answer now.

    A recognized device counts only its own wrong codes, so someone with a stolen password cannot
    lock the owner out. All other devices share one count (LG-01, LG-02).
    """
    until = user.wait_until
    if client.known:
        erred = _erred(user, now)
        until = lockouts.end_of(lockouts.WRONG_CODES, _subject(user, client)) if erred else None
    return until if until and until > now else None


def hold(user: AbstractMfaUser, client: Client) -> None:
    """Lock the person's row and reload the counts. Raises TooMany during a lockout.

    A person's codes are verified one at a time across all sessions, so the tenth wrong one stops
    the eleventh. The epoch is not reloaded: it shows whether another request changed the person
    since this one began.
    """
    if (held := _HELD.first(person=user.pk)) is None:
        raise user.DoesNotExist
    for name in COUNTS:
        setattr(user, name, getattr(held, name))
    if until := waits_until(user, client, timezone.now()):
        raise TooMany(until)


def forgive(
    person: AbstractMfaUser,
    used: int | None,
    *,
    client: Client,
    channel: str,
    own: int = 0,
    **details: str,
) -> None:
    """Record a right code, and clear the wrong ones of its device."""
    clear(person, used, client=client, channel=channel, own=own)
    audit.record(Event.CODE_RIGHT, person, client=client, channel=channel, **details)


def clear(
    person: AbstractMfaUser, used: int | None, *, client: Client, channel: str, own: int = 0
) -> None:
    """Clear the wrong codes of the device that sent a right answer, and no others (LG-01).

    For a recognized device this is its own count. For others it is the `own` wrong codes of the
    session, so the owner's login gives an attacker no attempts back. `used` is the factor's id, or
    None for a code to the account's email.
    """
    now = timezone.now()
    if _erred(person, now):
        if client.known:
            lockouts.forget(lockouts.WRONG_CODES, _subject(person, client))
        else:
            lockouts.give_back(lockouts.WRONG_CODES, _subject(person, client), own)
    if person.mailbox_rests_until and is_strong(channel):
        # A factor is stronger than the email account that reset the password (EM-04).
        person.mailbox_rests_until = None
        person.save(update_fields=["mailbox_rests_until"])
    if used is not None:
        note_right_answer(used, now)


def blame(person: AbstractMfaUser, tried: FactorQuerySet, *, client: Client) -> int:
    """Count a wrong code for the person and the factor.

    Returns how many more are allowed from this client before a lockout, or 0 if this one caused it.
    """
    audit.record(Event.CODE_WRONG, person, client=client)
    backoff = lockouts.WRONG_CODES if client.known else lockouts.WRONG_CODES_OF_STRANGERS
    failures = lockouts.fail(backoff, _subject(person, client))
    now = timezone.now()
    if cost := backoff.after(failures):
        if not client.known:
            person.wait_until = now + cost
        minutes = round(cost.total_seconds() / 60)
        audit.record(Event.LOCKED, person, client=client, minutes=minutes)
    person.wrong_answers = person.wrong_answers_at(now) + 1
    person.wrong_answer_at = now
    person.save(update_fields=["wrong_answers", "wrong_answer_at", "wait_until"])
    _wear(tried, now)
    if person.wrong_answers in WARN_AT:
        # Someone who reaches the codes knows the password (LG-09).
        notices.tell(
            Event.CODES_GUESSED,
            person,
            client=client,
            link=WARNING_LINK,
            codes=person.wrong_answers,
        )
    for worn in tried.usable().filter(wrong_answers__gte=MOST_WRONG_ANSWERS):
        _disable(worn, person, client)
    return backoff.left(failures)


def acknowledge(person: AbstractMfaUser, *, client: Client) -> None:
    """Clear the counts toward 100 after the owner confirmed the warning (LG-01).

    Lockouts continue, and disabled factors stay disabled. Call it with the person's row locked.
    """
    person.wrong_answers = 0
    person.answers_confirmed_at = timezone.now()
    person.save(update_fields=["wrong_answers", "answers_confirmed_at"])
    Factor.objects.usable().filter(user_id=person.pk).update(wrong_answers=0)
    audit.record(Event.WARNING_CONFIRMED, person, client=client)


def _subject(person: AbstractMfaUser, client: Client) -> str:
    return client.failures_of(lockouts.of_person(person.pk))


def _erred(person: AbstractMfaUser, now: datetime) -> bool:
    """Whether there can be failures to look up. This saves most logins a query."""
    last = person.wrong_answer_at
    return last is not None and last > now - FAILURES_LAST


def _wear(tried: FactorQuerySet, now: datetime) -> None:
    """Count a wrong code toward a factor's 100. The count restarts after a day without one."""
    tried.filter(wrong_answer_at__lt=now - FORGOTTEN_AFTER).update(wrong_answers=0)
    tried.update(wrong_answers=F("wrong_answers") + 1, wrong_answer_at=now)


def _disable(worn: Factor, person: AbstractMfaUser, client: Client) -> None:
    Factor.objects.filter(pk=worn.pk).become(Status.DISABLED)
    notices.tell(
        Event.FACTOR_DISABLED,
        person,
        client=client,
        numbers=[worn.number] if worn.number else None,
        factor=worn.pk,
    )


def why_closed(challenge: Challenge) -> Outcome:
    """Return the outcome of a code whose challenge is not open."""
    if challenge.passed_at:
        return Outcome.SPENT
    if challenge.voided_at:
        return Outcome.REPLACED
    return Outcome.WRONG if challenge.tries_left == 0 else Outcome.EXPIRED


def _factor_of(challenge: Challenge) -> FactorQuerySet:
    factors = Factor.objects.all()
    return factors.filter(pk=challenge.factor_id) if challenge.factor_id else factors.none()


def is_replaced(challenge: Challenge, typed: str, nonce: str) -> bool:
    """Whether the wrong code belongs to an earlier challenge of the same session (M21)."""
    browser = browser_of(nonce)
    rows = Challenge.objects.filter(browser=browser, purpose=challenge.purpose)
    earlier = rows.filter(user=challenge.user_id).exclude(voided_at=None)
    newest = earlier.order_by("-voided_at")[:TRIES]
    codes = [code for old in newest if (code := old.code_for(browser))]
    return any(constant_time_compare(code, typed) for code in codes)
