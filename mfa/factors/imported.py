"""Factors that a person enrolled in another system, and that work here at once."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils import timezone

from mfa.factors.phone import MOST_PHONES
from mfa.factors.totp import MOST_APPS
from mfa.models import AbstractMfaUser, Factor
from mfa.rules import base32


class OtherSiteError(ValueError):
    """A credential of another host name."""


class UnusableError(ValueError):
    """A credential that cannot be read, or that nothing here can verify."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported(ABC):
    """A factor with the time of its setup. `most` is how many of its kind a person can have."""

    kind: ClassVar[str]
    most: ClassVar[int]

    since: datetime | None = None

    @property
    def is_taken(self) -> bool:
        """Whether another person here has it."""
        return False

    @abstractmethod
    def row(self) -> Factor:
        """Return what the table of factors stores."""

    def add_details(self, factor: Factor) -> None:  # noqa: B027 most kinds have none
        """Store what a kind has in tables of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedApp(Imported):
    """An authenticator app: its secret, and the newest time step used (TO-02)."""

    kind: ClassVar[str] = Factor.Kind.APP.value
    most: ClassVar[int] = MOST_APPS

    secret: bytes
    last_step: int = 0
    name: str = ""

    def row(self) -> Factor:
        """Store the secret in the form of `totp.add`."""
        secret = base32.encode(self.secret)
        return Factor(kind=Factor.Kind.APP, name=self.name, secret=secret, last_step=self.last_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPhone(Imported):
    """A confirmed number in E.164. `preferred` gets the codes before others."""

    kind: ClassVar[str] = Factor.Kind.PHONE.value
    most: ClassVar[int] = MOST_PHONES

    number: str
    preferred: bool = False

    def row(self) -> Factor:
        """Store the number."""
        return Factor(kind=Factor.Kind.PHONE, target=self.number, preferred=self.preferred)


def bring(user: AbstractMfaUser, found: Iterable[Imported]) -> None:
    """Store the factors of a person who has just been created. No one is notified.

    Raises IntegrityError for one that `is_taken`.
    """
    for one in found:
        factor = one.row()
        factor.user_id = user.pk
        factor.confirmed_at = factor.status_at = one.since or timezone.now()
        factor.save(force_insert=True)
        one.add_details(factor)
