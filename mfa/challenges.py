"""Challenges: ask once, repeat with a pause."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Self, assert_never

from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from mfa import audit, brakes, counters, deliveries, kept, limits, prefixes
from mfa.models import Challenge, Event, Factor, Protected, Purpose
from mfa.models.challenges import current_key
from mfa.origin import Origin
from mfa.rules import contacts
from mfa.rules.codes import browser_of
from mfa.rules.routes import ChannelName

# K20: a code with less life left than this is replaced instead of repeated.
WORTH_REPEATING = timedelta(minutes=2)
# After the first, the second and each later message: most texts come within the first pause.
PAUSES = (timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120))
# The fraudster's unit: a thousand neighbouring numbers
BLOCK_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to ask: a channel and an address, with the factor behind it once there is one."""

    channel: ChannelName
    address: str
    factor: Factor | None = None

    def is_new(self, purpose: Purpose) -> bool:
        """Whether it is a number that nobody has confirmed, which a fraudster may own."""
        return self.channel is ChannelName.SMS and purpose in {Purpose.ENROLL, Purpose.CHANGE}


@dataclass(slots=True)
class Asking:
    """What a session keeps while it asks for one purpose: its nonce and the challenge's id."""

    purpose: Purpose
    nonce: str
    challenge: str = ""

    @classmethod
    def of(cls, session: SessionBase, purpose: Purpose) -> Self:
        """Return what the session keeps, or a fresh start with 128 random bits."""
        held = session.get(f"mfa_{purpose}")
        if kept.fits(held, cls) and (not held["challenge"] or kept.is_uuid(held["challenge"])):
            return cls(purpose=purpose, nonce=held["nonce"], challenge=held["challenge"])
        return cls(purpose=purpose, nonce=new_nonce())

    def question(self, user: Protected) -> Challenge | None:
        """Return the challenge, if it is this person's."""
        asked = Challenge.objects.filter(user_id=user.pk, purpose=self.purpose)
        return asked.filter(pk=self.challenge).first() if self.challenge else None

    def save(self, session: SessionBase) -> None:
        """Keep it."""
        session[f"mfa_{self.purpose}"] = asdict(self)

    def drop(self, session: SessionBase) -> None:
        """Forget it."""
        session.pop(f"mfa_{self.purpose}", None)


def new_nonce() -> str:
    """Return 128 random bits that bind codes to one session."""
    return secrets.token_hex(16)


def issue(
    user: Protected,
    target: Target,
    *,
    purpose: Purpose,
    nonce: str,
    origin: Origin,
    asked_before: bool = True,
) -> Challenge:
    """Ask, unless this session holds an open question to this target; then that one goes on.

    A new question voids the session's older ones for the same purpose; with a nonce of this very
    request there are none, and `asked_before` is false. Raises TooMany over a limit. Call it
    outside a transaction.
    """
    browser = browser_of(nonce)
    with _guarded(user, target, purpose, origin) as vouched, transaction.atomic(durable=True):
        if asked_before:
            # One question at a time: the second of two parallel clicks finds the first one's,
            # and neither counts nor is refused.
            _lock(user)
            if held := _held(user, target, purpose=purpose, browser=browser):
                return held
            _void(user, purpose=purpose, browser=browser)
        near = _neighbors(user, target, purpose, vouched)
        counters.take([*_uses(user, target, purpose, origin), *near])
        challenge = _new(
            user,
            target,
            purpose=purpose,
            browser=browser,
            network=origin.neighborhood if target.is_new(purpose) else "",
            unsettled=bool(near),
        )
        _send(challenge, user, origin, attempt=1)
        return challenge


def resend(challenge: Challenge, user: Protected, *, nonce: str, origin: Origin) -> Challenge:
    """Repeat the code, or ask anew when it is nearly spent. Raises TooMany before its time."""
    now = timezone.now()
    if challenge.resend_at > now:
        raise counters.TooMany(challenge.resend_at)
    target, purpose = _target(challenge), Purpose(challenge.purpose)
    if not challenge.is_open(now + WORTH_REPEATING):
        return issue(user, target, purpose=purpose, nonce=nonce, origin=origin)
    pause = PAUSES[min(challenge.sends, len(PAUSES) - 1)]
    with _guarded(user, target, purpose, origin), transaction.atomic(durable=True):
        _lock(user)
        claimed = (
            Challenge.objects.open(now)
            .filter(pk=challenge.pk, resend_at__lte=now)
            .update(sends=F("sends") + 1, resend_at=now + pause)
        )
        if not claimed:
            raise counters.TooMany(now + pause)
        counters.take(_uses(user, target, purpose, origin))
        _send(challenge, user, origin, attempt=challenge.sends + 1)
    return challenge


def _lock(user: Protected) -> None:
    """Hold the person's row, which answers and questions lock before any other: no deadlock.

    Without its key, or a row that names the person could not be added meanwhile.
    """
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)


def _void(user: Protected, *, purpose: Purpose, browser: str) -> None:
    now = timezone.now()
    older = Challenge.objects.open(now).filter(user_id=user.pk, browser=browser, purpose=purpose)
    older.update(voided_at=now)


@contextmanager
def _guarded(
    user: Protected, target: Target, purpose: Purpose, origin: Origin
) -> Iterator[frozenset[str]]:
    """Look at the brakes before, and record a refusal after what it rolled back (PS-07)."""
    try:
        yield (
            brakes.check(user, target.address, network=origin.neighborhood)
            if target.is_new(purpose)
            else frozenset()
        )
    except counters.TooMany as refusal:
        if counters.is_first(limits.LATE_RECORDS.of(str(user.pk))):
            audit.record(Event.CODE_REFUSED, user, origin=origin, channel=target.channel)
        brakes.pull(refusal)
        raise


def _new(
    user: Protected,
    target: Target,
    *,
    purpose: Purpose,
    browser: str,
    network: str,
    unsettled: bool,
) -> Challenge:
    now = timezone.now()
    return Challenge.objects.create(
        user_id=user.pk,
        factor=target.factor,
        purpose=purpose,
        channel=target.channel,
        target=target.address,
        new_in=contacts.region_of(target.address) if target.is_new(purpose) else "",
        network=network,
        unsettled=unsettled,
        browser=browser,
        key=current_key(),
        created_at=now,
        expires_at=now + user.mfa_policy.code_life,
        resend_at=now + PAUSES[0],
    )


def _held(user: Protected, target: Target, *, purpose: Purpose, browser: str) -> Challenge | None:
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


def _send(challenge: Challenge, user: Protected, origin: Origin, *, attempt: int) -> None:
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
        origin=origin,
        channel=challenge.channel,
        purpose=challenge.purpose,
        attempt=attempt,
    )


def _uses(user: Protected, target: Target, purpose: Purpose, origin: Origin) -> list[limits.Use]:
    """List what a message to this target counts under; texts and mails are counted apart."""
    subject = f"{target.channel}:{target.address}"
    match purpose:
        case Purpose.LOGIN | Purpose.STEP_UP | Purpose.RESET | Purpose.RECOVER:
            kept = () if origin.known else limits.CONFIRMED_STRANGERS
            return [limit.of(subject) for limit in (*limits.CONFIRMED, *kept)]
        case Purpose.TEST | Purpose.ACCOUNT:
            return [limits.TEST_MESSAGES.of(str(user.pk))]
        case Purpose.ENROLL | Purpose.CHANGE:
            return [
                *(limit.of(subject) for limit in limits.UNPROVEN_NUMBER),
                limits.UNPROVEN_PER_ADDRESS.of(origin.network),
                limits.UNPROVEN_PER_BLOCK.of(subject[:-BLOCK_DIGITS]),
                *_new_number(user, target.address),
            ]
        case _:
            assert_never(purpose)


def _neighbors(
    user: Protected, target: Target, purpose: Purpose, vouched: frozenset[str]
) -> list[limits.Use]:
    """List the neighbors among which a new number counts, unless it does or need not."""
    if not target.is_new(purpose) or vouched.intersection(prefixes.scopes(target.address)):
        return []
    return [] if prefixes.counts(user, target.address) else prefixes.uses(target.address)


def _new_number(user: Protected, number: str) -> list[limits.Use]:
    """A number counts once a day for its person, however often it is texted."""
    known = Challenge.objects.filter(
        user_id=user.pk,
        target=number,
        purpose__in=[Purpose.ENROLL, Purpose.CHANGE],
        created_at__gt=timezone.now() - limits.DAY,
    ).exists()
    return [] if known else [limits.NUMBERS_PER_PERSON.of(str(user.pk))]
