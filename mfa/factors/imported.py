"""Factors that a person enrolled in another system, and that work here at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from mfa.factors.passkey.providers import provider_of
from mfa.models import AbstractMfaUser, Factor
from mfa.models.factors import NAME_LENGTH
from mfa.models.passkeys import Passkey, PasskeyHandle
from mfa.rules import base32


@dataclass(frozen=True, slots=True)
class App:
    """An authenticator app: its secret, and the newest time step used (TO-02)."""

    secret: bytes
    last_step: int = 0
    name: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Phone:
    """A confirmed number in E.164. `preferred` gets the codes before others."""

    number: str
    preferred: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """The public part of a passkey, as in the table of passkeys."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]
    provider: str
    name: str = ""
    since: datetime | None = None


Imported = App | Phone | Key


def bring(user: AbstractMfaUser, found: Sequence[Imported], *, handle: bytes = b"") -> None:
    """Store the factors of a person who has just been created. Nobody is notified.

    `handle` is the user handle that the passkeys carry (WA-06). Raises IntegrityError for a passkey
    or a handle that is here already.
    """
    if handle and any(isinstance(one, Key) for one in found):
        PasskeyHandle.objects.create(user_id=user.pk, value=handle)
    for one in found:
        _bring(user, one)


def _bring(user: AbstractMfaUser, one: Imported) -> None:
    since = one.since or timezone.now()
    row = Factor(user_id=user.pk, confirmed_at=since, status_at=since)
    match one:
        case App():
            row.kind, row.name = Factor.Kind.APP, one.name
            row.secret, row.last_step = base32.encode(one.secret), one.last_step
        case Phone():
            row.target, row.preferred = one.number, one.preferred
        case Key():
            row.kind = Factor.Kind.PASSKEY
            row.name = one.name or provider_of(one.provider)[:NAME_LENGTH]
    row.save(force_insert=True)
    if isinstance(one, Key):
        Passkey.objects.create(
            factor=row,
            credential_id=one.credential_id,
            public_key=one.public_key,
            sign_count=one.sign_count,
            backup_eligible=one.backup_eligible,
            backed_up=one.backed_up,
            transports=list(one.transports),
            provider=one.provider,
        )
