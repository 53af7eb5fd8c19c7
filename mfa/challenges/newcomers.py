"""Challenges for an email address that has no account yet: the code that proves it (RG-01).

Nothing here looks for an account, so a known address costs the same as a new one (RG-02). Only the
worker does: the owner of a known address gets an email without a code.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from mfa import audit
from mfa.challenges.issue import PAUSES, WORTH_REPEATING
from mfa.challenges.verify import Outcome, Result, is_replaced, why_closed
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.limits.base import Use
from mfa.messages import alerts, queue as deliveries
from mfa.models import Challenge, Event
from mfa.models.challenges import current_key
from mfa.rules.codes import browser_of
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose

# The email's template. The worker replaces it for a known address.
MESSAGE = "registration"
# What the worker needs to write to a stranger: the language, and a contact for help
Words = Mapping[str, str]


def count(email: str, *others: Use) -> None:
    """Count an email with a code to an address. Raises TooMany.

    Warns administrators once a day when half of the site's emails are used. Call it outside a
    transaction.
    """
    site = limits.REGISTRATION_MAILS_A_DAY.of("site")
    mailbox = [limit.of(email) for limit in limits.REGISTRATION_MAILS]
    number = counters.take([*others, *mailbox, site])[site]
    if number * 2 >= site.limit.most:
        alerts.warn(alerts.Alert.MANY_REGISTRATIONS, once=alerts.DAILY, number=number)


def issue(email: str, *, life: timedelta, nonce: str, words: Words, client: Client) -> Challenge:
    """Email a code to an address. The caller has counted it. Voids this browser's older codes."""
    now, browser = timezone.now(), browser_of(nonce)
    with transaction.atomic():
        older = Challenge.objects.open(now).filter(browser=browser, purpose=Purpose.REGISTER)
        older.update(voided_at=now)
        challenge = Challenge.objects.create(
            purpose=Purpose.REGISTER,
            channel=ChannelName.EMAIL,
            target=email,
            browser=browser,
            key=current_key(),
            created_at=now,
            expires_at=now + life,
            resend_at=now + PAUSES[0],
        )
        _send(challenge, words, client)
    return challenge


def is_worth_repeating(challenge: Challenge) -> bool:
    """Whether its code has enough time left to be sent again (K20)."""
    return challenge.is_open(timezone.now() + WORTH_REPEATING)


def repeat(challenge: Challenge, *, words: Words, client: Client) -> None:
    """Send the same code again. The caller has counted it. Raises TooMany during a pause."""
    now = timezone.now()
    pause = PAUSES[min(challenge.sends, len(PAUSES) - 1)]
    with transaction.atomic():
        rows = Challenge.objects.open(now).filter(pk=challenge.pk, resend_at__lte=now)
        if not rows.update(sends=F("sends") + 1, resend_at=now + pause):
            raise counters.TooMany(now + pause)
        challenge.sends += 1
        _send(challenge, words, client)


def judge(challenge: Challenge, typed: str, *, nonce: str, client: Client) -> Result:
    """Verify six typed digits of the browser that has this nonce.

    One statement uses up an attempt and passes the challenge, as for people with an account. There
    is no one to lock out: a code has five attempts, and an address few codes.
    """
    code = challenge.code_for(browser_of(nonce))
    if code is None:
        return Result(Outcome.EXPIRED)
    now, right = timezone.now(), constant_time_compare(code, typed)
    rows = Challenge.objects.open(now).filter(pk=challenge.pk)
    spent = rows.update(tries_left=F("tries_left") - 1, passed_at=now if right else None)
    challenge.refresh_from_db()
    if not spent:
        if counters.is_first(limits.LATE_RECORDS.of(str(challenge.pk))):
            audit.record(Event.CODE_LATE, None, client=client, purpose=challenge.purpose)
        return Result(why_closed(challenge), challenge.tries_left)
    event = Event.CODE_RIGHT if right else Event.CODE_WRONG
    details = {"purpose": challenge.purpose, "channel": challenge.channel}
    audit.record(event, None, client=client, **details)
    if right:
        return Result(Outcome.RIGHT)
    replaced = is_replaced(challenge, typed, nonce)
    return Result(Outcome.REPLACED if replaced else Outcome.WRONG, challenge.tries_left)


def _send(challenge: Challenge, words: Words, client: Client) -> None:
    deliveries.queue(
        None,
        MESSAGE,
        channel=challenge.channel,
        target=challenge.target,
        challenge=challenge,
        context=words,
        attempt=challenge.sends,
    )
    audit.record(
        Event.CODE_SENT,
        None,
        client=client,
        channel=challenge.channel,
        purpose=challenge.purpose,
        attempt=challenge.sends,
    )
