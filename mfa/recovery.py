"""Recovery codes: make a set, spend one, count what is left."""

import secrets

from argon2.low_level import Type, hash_secret_raw
from django.db import transaction
from django.utils import timezone

from mfa import answers, audit, counters, factors, limits, notices, waits
from mfa.answers import Answer, Judgement
from mfa.models import Event, Factor, Protected, RecoveryCode
from mfa.origin import Origin
from mfa.rules import recovery
from mfa.rules.routes import ChannelName

AMOUNT = 10
# From here on the person is asked to make new ones (LK-01).
FEW = 3
SALT_BYTES = 16
# OWASP's figure for Argon2id with one pass and one lane, as for passwords
MEMORY_KIB = 46 * 1024


def codes_of(user: Protected) -> Factor | None:
    """Return the person's set that is in use."""
    sets = Factor.objects.usable().filter(user_id=user.pk, kind=Factor.Kind.RECOVERY_CODES)
    return sets.first()


def left(codes: Factor) -> int:
    """Count the unused codes of a set."""
    return codes.recovery_codes.filter(used_at=None).count()


def make(user: Protected, *, origin: Origin) -> list[str] | None:
    """Make ten codes, which end the set before, and return them for the only time.

    The epoch rises, so that all sessions but the acting one end. None when another session was
    first. Raises TooMany.
    """
    use = limits.RECOVERY_CODE_SETS.of(str(user.pk))
    # Before the hashes, which cost half a second
    counters.peek(use)
    codes = [recovery.spell(secrets.randbits(recovery.BITS)) for _ in range(AMOUNT)]
    salt = secrets.token_hex(SALT_BYTES)
    digests = [_hashed(code, salt) for code in codes]
    with transaction.atomic():
        if not factors.rebind(user):
            return None
        counters.take([use])
        now = timezone.now()
        former = Factor.objects.filter(user_id=user.pk, kind=Factor.Kind.RECOVERY_CODES)
        former.filter(revoked_at=None).update(revoked_at=now)
        held = Factor.objects.create(
            user_id=user.pk,
            kind=Factor.Kind.RECOVERY_CODES,
            secret=salt,
            confirmed_at=now,
            address=origin.address or None,
            browser=origin.browser,
        )
        RecoveryCode.objects.bulk_create(
            RecoveryCode(factor=held, digest=digest) for digest in digests
        )
        _tell(Event.RECOVERY_CODES_MADE, user, origin)
    return [recovery.grouped(code) for code in codes]


def spend(user: Protected, code: str, *, origin: Origin, own: int = 0) -> Judgement:
    """Judge a code of 13 signs, and use it up if it is one of the person's.

    One slow hash a try, whatever is typed. SPENT for a used one (M13), EXPIRED without a set.
    Raises TooMany over the limit, and while the person has to wait.
    """
    held = codes_of(user)
    if held is None or not held.readable:
        return Judgement(Answer.EXPIRED)
    with transaction.atomic():
        # Tries are counted and hashed one after the other: a burst uses up no more than its own,
        # and what a wait refuses costs no hash.
        answers.hold(user, origin)
        subject = origin.failures_of(waits.of_person(user.pk))
        counters.take([limits.RECOVERY_CODE_TRIES.of(subject)])
        digest = _hashed(code, held.secret)
        mine = Factor.objects.usable().filter(pk=held.pk)
        known = RecoveryCode.objects.filter(factor__in=mine, digest=digest)
        if known.filter(used_at=None).update(used_at=timezone.now()):
            channel = ChannelName.RECOVERY_CODES
            answers.forgive(user, mine, origin=origin, own=own, channel=channel)
            _used(user, held, origin)
            return Judgement(Answer.RIGHT)
        if known.exists():
            audit.record(Event.CODE_LATE, user, origin=origin)
            return Judgement(Answer.SPENT)
        tries_left = answers.blame(user, mine, origin=origin)
    return Judgement(Answer.WRONG if tries_left else Answer.LOCKED, tries_left)


def _used(person: Protected, codes: Factor, origin: Origin) -> None:
    """Tell of it; a set without codes is no factor any more."""
    unused = left(codes)
    if not unused:
        Factor.objects.filter(pk=codes.pk).update(revoked_at=timezone.now())
    restored = int(codes.restored_at is not None)
    _tell(Event.RECOVERY_CODE_USED, person, origin, left=unused, restored=restored)


def _tell(event: Event, user: Protected, origin: Origin, **words: int) -> None:
    phone = factors.phone_of(user)
    number = phone.target if phone else ""
    notices.tell(event, user, origin=origin, old_number=number, old_email="", link="", **words)


def _hashed(code: str, salt: str) -> str:
    """Return 64 hex digits; slow, since 65 bits are less than 112 (NIST SP 800-63B-4, 3.1.2.2).

    Stored digests depend on each of these figures. One salt a set: a try costs one hash, not ten.
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
