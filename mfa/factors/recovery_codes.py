"""Recovery codes: make a set, use one, count the remaining ones."""

import secrets

from argon2.low_level import Type, hash_secret_raw
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa import audit, challenges
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors.binding import rebind
from mfa.factors.kind import Asked, Kind, Words
from mfa.factors.phone import numbers_of
from mfa.limits import counters, lockouts, table as limits
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event, Factor, RecoveryCode, Status
from mfa.rules import recovery
from mfa.rules.methods import ChannelName, Method

AMOUNT = 10
# From this number on, the person is asked to make new codes (LK-01).
FEW = 3
SALT_BYTES = 16
# OWASP's parameters for Argon2id with one pass and one lane, as for passwords
MEMORY_KIB = 46 * 1024


def codes_of(user: AbstractMfaUser) -> Factor | None:
    """Return the person's current set."""
    sets = Factor.objects.usable().filter(user_id=user.pk, kind=Factor.Kind.RECOVERY_CODES)
    return sets.first()


def left(codes: Factor) -> int:
    """Count the unused codes of a set."""
    return codes.recovery_codes.filter(used_at=None).count()


def make(user: AbstractMfaUser, *, client: Client) -> list[str] | None:
    """Make ten codes, which replace the previous set, and return them. They cannot be read again.

    This ends all sessions except the acting one. Return None if the user changed since it was
    loaded. Raises TooMany.
    """
    use = limits.RECOVERY_CODE_SETS.of(str(user.pk))
    # Check before hashing, which takes half a second.
    counters.peek(use)
    codes = [recovery.spell(secrets.randbits(recovery.BITS)) for _ in range(AMOUNT)]
    salt = secrets.token_hex(SALT_BYTES)
    digests = [hashed(code, salt) for code in codes]
    with transaction.atomic():
        if not rebind(user):
            return None
        counters.take([use])
        now = timezone.now()
        former = Factor.objects.not_revoked().filter(
            user_id=user.pk, kind=Factor.Kind.RECOVERY_CODES
        )
        former.become(Status.REVOKED)
        held = Factor.objects.create(
            user_id=user.pk,
            kind=Factor.Kind.RECOVERY_CODES,
            secret=salt,
            confirmed_at=now,
            address=client.address or None,
            browser=client.browser,
        )
        RecoveryCode.objects.bulk_create(
            RecoveryCode(factor=held, digest=digest) for digest in digests
        )
        _tell(Event.RECOVERY_CODES_MADE, user, client, factor=held.pk)
    return [recovery.grouped(code) for code in codes]


def spend(user: AbstractMfaUser, code: str, *, client: Client, own: int = 0) -> Result:
    """Verify a code of 13 characters, and mark it used if it is right.

    Each attempt costs one slow hash. The outcome is SPENT for a used code (M13), and EXPIRED
    without a set. Raises TooMany over the limit and during a lockout.
    """
    held = codes_of(user)
    if held is None or not held.readable:
        return Result(Outcome.EXPIRED)
    with transaction.atomic():
        # Attempts are counted and hashed one at a time, so a burst uses only its own attempts and
        # an attempt during a lockout costs no hash.
        challenges.hold(user, client)
        subject = client.failures_of(lockouts.of_person(user.pk))
        counters.take([limits.RECOVERY_CODE_TRIES.of(subject)])
        digest = hashed(code, held.secret)
        mine = Factor.objects.usable().filter(pk=held.pk)
        known = RecoveryCode.objects.filter(factor__in=mine, digest=digest)
        if known.filter(used_at=None).update(used_at=timezone.now()):
            channel = ChannelName.RECOVERY_CODES
            challenges.forgive(user, held.pk, client=client, own=own, channel=channel)
            _used(user, held, client)
            return Result(Outcome.RIGHT)
        if known.exists():
            audit.record(Event.CODE_LATE, user, client=client)
            return Result(Outcome.SPENT)
        tries_left = challenges.blame(user, mine, client=client)
    return Result(Outcome.WRONG if tries_left else Outcome.LOCKED, tries_left)


def _used(person: AbstractMfaUser, codes: Factor, client: Client) -> None:
    """Notify the person. A set without unused codes is revoked."""
    unused = left(codes)
    if not unused:
        Factor.objects.filter(pk=codes.pk).become(Status.REVOKED)
    restored = int(codes.restored_at is not None)
    _tell(Event.RECOVERY_CODE_USED, person, client, left=unused, restored=restored)


def _tell(event: Event, user: AbstractMfaUser, client: Client, **words: int) -> None:
    notices.tell(
        event,
        user,
        client=client,
        numbers=numbers_of(user),
        emails=(),
        old_email="",
        link="",
        not_me=True,
        **words,
    )


def hashed(code: str, salt: str) -> str:
    """Return 64 hex digits of a slow hash: 65 bits are under 112 (NIST SP 800-63B-4, 3.1.2.2).

    Stored digests depend on these parameters. One salt per set, so an attempt costs one hash and
    not ten.
    """
    digest = hash_secret_raw(
        code.encode(),
        bytes.fromhex(salt),
        time_cost=1,
        memory_cost=MEMORY_KIB,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )
    return digest.hex()


def verify(
    user: AbstractMfaUser,
    factor: Factor | None,  # noqa: ARG001 a person has one set
    typed: str,
    *,
    client: Client,
    asked: Asked,
) -> Result:
    """Verify one of the person's codes."""
    return spend(user, typed, client=client, own=asked.own)


KIND = Kind(
    method=Method.RECOVERY_CODES,
    verify=verify,
    page="mfa:recovery_code",
    add="mfa:recovery_codes",
    words=Words(
        label=_("Recovery codes"),
        ready=_("Can use a recovery code."),
        by=_("by recovery code"),
        choose=_("A recovery code that you saved"),
        out_of_order=_("Recovery codes are not available right now."),
        add=_("Make recovery codes"),
        lost_title=_("Lost recovery codes"),
        lost=_("I no longer have my codes"),
        found=_("Back: I have my codes"),
    ),
)
