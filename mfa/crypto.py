"""Encryption at rest under settings.ENCRYPTION_KEYS, and a text column that uses it."""

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

    Raises cryptography.fernet.InvalidToken if no configured key decrypts it.
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
    """Encrypt a text for a session, whose row is readable in the database."""
    return _box().encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """Decrypt it. Raises cryptography.fernet.InvalidToken if no configured key decrypts it."""
    return _box().decrypt(token).decode()


class Sealed(str):
    """A stored secret that no configured key decrypts: empty when read, unchanged when saved."""

    __slots__ = ("token",)
    token: str

    def __new__(cls, token: str) -> Self:
        """Keep the value in the database."""
        sealed = super().__new__(cls, "")
        sealed.token = token
        return sealed


class EncryptedTextField(models.TextField[str, str]):
    """Plain text in Python, a Fernet token (AES-128-CBC with HMAC-SHA256) in the database.

    If no configured key decrypts it, Python gets a `Sealed`, so that a lost key does not break the
    rows with the secret, and with them the login. Code that uses a secret checks that it is not
    empty.
    """

    def get_prep_value(self, value: str | None) -> str | None:
        """Encrypt when saving. Empty text stays empty, and a `Sealed` unchanged."""
        if isinstance(value, Sealed):
            return value.token
        return _box().encrypt(value.encode()).decode() if value else value

    def from_db_value(
        self, value: str | None, _expression: object, _connection: BaseDatabaseWrapper
    ) -> str | None:
        """Decrypt when loading."""
        try:
            return _box().decrypt(value).decode() if value else value
        except InvalidToken:
            return Sealed(value or "")
