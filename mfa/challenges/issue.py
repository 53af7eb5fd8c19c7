"""Sending and repeating a challenge."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, UUIDField
from django.utils import timezone

from mfa import audit, prepared
from mfa.client import Client
from mfa.fraud import blocks
from mfa.limits import counters, table as limits, unconfirmed
from mfa.limits.base import DAY, Use
from mfa.messages import queue as deliveries
from mfa.models import AbstractMfaUser, Challenge, Event, Factor
from mfa.models.challenges import current_key
from mfa.rules import regions
from mfa.rules.codes import browser_of
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose

# A code with less time left than this is replaced, not repeated (K20).
WORTH_REPEATING = timedelta(minutes=2)
# Pauses after the first, second and later messages. Most texts arrive within the first pause.
PAUSES = (timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120))
# The last digits in a block of a thousand numbers, which fraudsters rent as one unit
BLOCK_DIGITS = 3


_WRITE = prepared.Insert(Challenge)
_ASKED = prepared.Query(
    lambda: Challenge.objects.filter(
        pk=prepared.Slot("key", UUIDField()),
        user_id=prepared.number("person"),
        purpose=prepared.text("purpose"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to send a code: a channel and an address, with the factor if there already is one."""

    channel: ChannelName
    address: str
    factor: Factor | None = None

    def is_new(self, purpose: Purpose) -> bool:
        """Whether this number was never confirmed, so it may belong to a fraudster."""
        return self.channel is ChannelName.SMS and purpose in {Purpose.ENROLL, Purpose.CHANGE}


def new_nonce() -> str:
    """Return 128 random bits, which bind codes to one session."""
    return secrets.token_hex(16)


def asked(key: str, user: AbstractMfaUser, purpose: Purpose) -> Challenge | None:
    """Return a person's challenge for a purpose by its id, or None."""
    return _ASKED.first(key=key, person=user.pk, purpose=purpose)


def issue(
    user: AbstractMfaUser,
    target: Target,
    *,
    purpose: Purpose,
    nonce: str,
    client: Client,
    asked_before: bool = True,
) -> Challenge:
    """Send a challenge, or return the open one of this session and target.

    A new challenge voids the session's older ones with the same purpose. Pass `asked_before=False`
    if the nonce was made in this request, so there are none. Raises TooMany over a limit. Call it
    outside a transaction.
    """
    browser = browser_of(nonce)
    with _guarded(user, target, purpose, client) as vouched, transaction.atomic(durable=True):
        if asked_before:
            # One challenge at a time: the second of two parallel clicks gets the first one's
            # challenge, without counting or being refused.
            _lock(user)
            if held := _held(user, target, purpose=purpose, browser=browser):
                return held
            _void(user, purpose=purpose, browser=browser)
        near = _neighbors(user, target, purpose, vouched)
        # A refusal rolls back the whole transaction, since nothing was sent.
        counters.take([*_uses(user, target, purpose, client), *near], savepoint=False)
        challenge = _new(
            user,
            target,
            purpose=purpose,
            browser=browser,
            network=client.neighborhood if target.is_new(purpose) else "",
            unsettled=bool(near),
        )
        _send(challenge, user, client, attempt=1)
        return challenge


def resend(challenge: Challenge, user: AbstractMfaUser, *, nonce: str, client: Client) -> Challenge:
    """Repeat the code, or send a new one if it expires soon. Raises TooMany during a pause."""
    now = timezone.now()
    if challenge.resend_at > now:
        raise counters.TooMany(challenge.resend_at)
    target, purpose = _target(challenge), Purpose(challenge.purpose)
    if not challenge.is_open(now + WORTH_REPEATING):
        return issue(user, target, purpose=purpose, nonce=nonce, client=client)
    pause = PAUSES[min(challenge.sends, len(PAUSES) - 1)]
    with _guarded(user, target, purpose, client), transaction.atomic(durable=True):
        _lock(user)
        claimed = (
            Challenge.objects.open(now)
            .filter(pk=challenge.pk, resend_at__lte=now)
            .update(sends=F("sends") + 1, resend_at=now + pause)
        )
        if not claimed:
            raise counters.TooMany(now + pause)
        counters.take(_uses(user, target, purpose, client))
        _send(challenge, user, client, attempt=challenge.sends + 1)
    return challenge


def _lock(user: AbstractMfaUser) -> None:
    """Lock the person's row first, as `hold` does, so that there is no deadlock.

    The lock excludes the key, so other rows that refer to the person can still be inserted.
    """
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)


def _void(user: AbstractMfaUser, *, purpose: Purpose, browser: str) -> None:
    now = timezone.now()
    older = Challenge.objects.open(now).filter(user_id=user.pk, browser=browser, purpose=purpose)
    older.update(voided_at=now)


@contextmanager
def _guarded(
    user: AbstractMfaUser, target: Target, purpose: Purpose, client: Client
) -> Iterator[frozenset[str]]:
    """Check the send blocks first, and record a refusal after its rollback (PS-07)."""
    try:
        yield (
            blocks.check(user, target.address, network=client.neighborhood)
            if target.is_new(purpose)
            else frozenset()
        )
    except counters.TooMany as refusal:
        if counters.is_first(limits.LATE_RECORDS.of(str(user.pk))):
            audit.record(Event.CODE_REFUSED, user, client=client, channel=target.channel)
        blocks.pull(refusal)
        raise


def _new(
    user: AbstractMfaUser,
    target: Target,
    *,
    purpose: Purpose,
    browser: str,
    network: str,
    unsettled: bool,
) -> Challenge:
    now = timezone.now()
    challenge = Challenge(
        user_id=user.pk,
        factor=target.factor,
        purpose=purpose,
        channel=target.channel,
        target=target.address,
        new_in=regions.region_of(target.address) if target.is_new(purpose) else "",
        network=network,
        unsettled=unsettled,
        browser=browser,
        key=current_key(),
        created_at=now,
        expires_at=now + user.mfa_policy.code_life,
        resend_at=now + PAUSES[0],
    )
    _WRITE(challenge)
    return challenge


def _held(
    user: AbstractMfaUser, target: Target, *, purpose: Purpose, browser: str
) -> Challenge | None:
    return (
        Challenge.objects.open(timezone.now() + WORTH_REPEATING)
        .filter(
            user_id=user.pk,
            browser=browser,
            purpose=purpose,
            channel=target.channel,
            target=target.address,
        )
        .order_by("-created_at")
        .first()
    )


def _target(challenge: Challenge) -> Target:
    return Target(
        channel=ChannelName(challenge.channel), address=challenge.target, factor=challenge.factor
    )


def _send(challenge: Challenge, user: AbstractMfaUser, client: Client, *, attempt: int) -> None:
    deliveries.queue(
        user,
        "code",
        channel=challenge.channel,
        target=challenge.target,
        challenge=challenge,
        attempt=attempt,
    )
    audit.record(
        Event.CODE_SENT,
        user,
        client=client,
        channel=challenge.channel,
        purpose=challenge.purpose,
        attempt=attempt,
    )


def _uses(user: AbstractMfaUser, target: Target, purpose: Purpose, client: Client) -> list[Use]:
    """List what a message to this target counts under. Texts and emails count separately."""
    subject = f"{target.channel}:{target.address}"
    match purpose:
        case Purpose.LOGIN | Purpose.STEP_UP | Purpose.RESET | Purpose.RECOVER:
            kept = () if client.known else limits.CONFIRMED_STRANGERS
            return [limit.of(subject) for limit in (*limits.CONFIRMED, *kept)]
        case Purpose.TEST | Purpose.ACCOUNT:
            return [limits.TEST_MESSAGES.of(str(user.pk))]
        case Purpose.ENROLL | Purpose.CHANGE:
            return [
                *(limit.of(subject) for limit in limits.UNPROVEN_NUMBER),
                limits.UNPROVEN_PER_ADDRESS.of(client.network),
                *_of_block(subject, target),
                *_new_target(user, target),
            ]
        case Purpose.REGISTER:
            # mfa.challenges.newcomers has these: there is no person yet.
            raise PermissionDenied
        case _:
            assert_never(purpose)


def _neighbors(
    user: AbstractMfaUser, target: Target, purpose: Purpose, vouched: frozenset[str]
) -> list[Use]:
    """List the neighbor limits that a new number counts under, if it still has to count."""
    if not target.is_new(purpose) or vouched.intersection(unconfirmed.scopes(target.address)):
        return []
    return [] if unconfirmed.counts(user, target.address) else unconfirmed.uses(target.address)


def _of_block(subject: str, target: Target) -> list[Use]:
    is_number = target.channel is ChannelName.SMS
    return [limits.UNPROVEN_PER_BLOCK.of(subject[:-BLOCK_DIGITS])] if is_number else []


def _new_target(user: AbstractMfaUser, target: Target) -> list[Use]:
    """A number or address counts once a day per person, however many codes it gets."""
    known = Challenge.objects.filter(
        user_id=user.pk,
        target=target.address,
        purpose__in=[Purpose.ENROLL, Purpose.CHANGE],
        created_at__gt=timezone.now() - DAY,
    ).exists()
    by_text = target.channel is ChannelName.SMS
    limit = limits.NUMBERS_PER_PERSON if by_text else limits.NEW_EMAILS_PER_PERSON
    return [] if known else [limit.of(str(user.pk))]
