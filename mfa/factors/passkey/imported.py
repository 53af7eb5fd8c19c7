"""Passkeys that a person registered in another system with the same host name."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from mfa.factors.address import site
from mfa.factors.imported import Imported, OtherSiteError, UnusableError
from mfa.factors.passkey.options import HANDLE_BYTES, MOST_PASSKEYS
from mfa.factors.passkey.providers import provider_of
from mfa.models import Factor
from mfa.models.factors import NAME_LENGTH
from mfa.models.passkeys import Passkey, PasskeyHandle
from mfa.rules import passkeys
from mfa.rules.passkeys import LONGEST_ID, Creation, Refused
from mfa.rules.passkeys.keys import key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedKey(Imported):
    """The public part of a passkey, and the user handle that it carries (WA-06)."""

    kind: ClassVar[str] = Factor.Kind.PASSKEY.value
    most: ClassVar[int] = MOST_PASSKEYS

    handle: bytes
    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]
    provider: str
    name: str

    @property
    def is_taken(self) -> bool:
        """Whether another person here has the passkey or its handle."""
        known = Passkey.objects.filter(credential_id=self.credential_id)
        return known.exists() or PasskeyHandle.objects.filter(value=self.handle).exists()

    def row(self) -> Factor:
        """Store its name."""
        name = self.name or provider_of(self.provider)[:NAME_LENGTH]
        return Factor(kind=Factor.Kind.PASSKEY, name=name)

    def add_details(self, factor: Factor) -> None:
        """Store the key, and the handle with the person's first one."""
        PasskeyHandle.objects.get_or_create(user_id=factor.user_id, defaults={"value": self.handle})
        Passkey.objects.create(
            factor=factor,
            credential_id=self.credential_id,
            public_key=self.public_key,
            sign_count=self.sign_count,
            backup_eligible=self.backup_eligible,
            backed_up=self.backed_up,
            transports=list(self.transports),
            provider=self.provider,
        )


def read_imported_key(
    registration: str, *, handle: bytes, name: str, since: datetime | None
) -> ImportedKey:
    """Read the JSON that a browser sent when the passkey was made (RegistrationResponseJSON).

    The other system has verified it. Raises OtherSiteError and UnusableError.
    """
    try:
        creation = passkeys.read_creation(registration)
    except Refused as error:
        raise UnusableError from error
    data = creation.data
    if data.rp_id_hash != hashlib.sha256(site().encode()).digest():
        raise OtherSiteError
    if not _is_usable(creation) or not 0 < len(handle) <= HANDLE_BYTES:
        raise UnusableError
    return ImportedKey(
        since=since,
        handle=handle,
        credential_id=creation.credential_id,
        public_key=creation.public_key,
        sign_count=data.sign_count,
        backup_eligible=data.flags.be,
        backed_up=data.flags.bs,
        transports=tuple(creation.transports),
        provider=creation.provider,
        name=name,
    )


def _is_usable(creation: Creation) -> bool:
    """Whether answers of the passkey can be verified here."""
    if not 0 < len(creation.credential_id) <= LONGEST_ID:
        return False
    try:
        return key_of(creation.public_key) is not None
    except Exception:  # noqa: BLE001 the library raises many kinds of errors for made-up bytes
        return False
