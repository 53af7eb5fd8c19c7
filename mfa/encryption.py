"""A text column whose value is encrypted at rest under settings.ENCRYPTION_KEYS."""

from functools import cache
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.signals import setting_changed
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


@cache
def _box() -> MultiFernet:
    """The first key encrypts, all of them decrypt."""
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


def is_current(token: str) -> bool:
    """Whether a stored token is encrypted under the first key.

    Raises cryptography.fernet.InvalidToken when no configured key fits.
    """
    try:
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(token)
    except InvalidToken:
        _box().decrypt(token)
        return False
    return True


def renewed(token: str) -> str:
    """Return the same secret encrypted under the first key."""
    return _box().rotate(token).decode()


def _forget(*, setting: str, **_: object) -> None:
    if setting == "ENCRYPTION_KEYS":
        _box.cache_clear()


setting_changed.connect(_forget)


def seal(text: str) -> str:
    """Encrypt what has to wait in a session: its row is readable to who reads the database."""
    return _box().encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """Decrypt it again. Raises cryptography.fernet.InvalidToken when no configured key fits."""
    return _box().decrypt(token).decode()


class Sealed(str):
    """A stored secret that no configured key opens: empty to readers, unchanged when saved."""

    __slots__ = ("token",)
    token: str

    def __new__(cls, token: str) -> Self:
        """Keep what the database holds."""
        sealed = super().__new__(cls, "")
        sealed.token = token
        return sealed


class EncryptedTextField(models.TextField[str, str]):
    """Plain text in Python, a Fernet token (AES-128-CBC with HMAC-SHA256) in the database.

    Where no configured key fits, Python sees a `Sealed`: a lost key must not take down the rows
    that hold the secret, and so the login. Code that uses a secret checks that it is not empty.
    """

    def get_prep_value(self, value: str | None) -> str | None:
        """Encrypt on the way in; the empty text stays empty, and a sealed one as it is."""
        if isinstance(value, Sealed):
            return value.token
        return _box().encrypt(value.encode()).decode() if value else value

    def from_db_value(
        self, value: str | None, _expression: object, _connection: BaseDatabaseWrapper
    ) -> str | None:
        """Decrypt on the way out."""
        try:
            return _box().decrypt(value).decode() if value else value
        except InvalidToken:
            return Sealed(value or "")
